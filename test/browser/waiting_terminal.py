"""A program as people write them who have nothing but an address: it opens a link and asks until it knows who has come.

Whatever is neither an outcome nor the end (404, 410) means: try later.
"""

import json
import sys
import time
import urllib.error
import urllib.request

base_url, seconds = sys.argv[1], float(sys.argv[2])


def ask(method: str, path: str):
    request = urllib.request.Request(base_url + path, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, {}


status, started = ask("POST", "/api/auth/create-session")
if status != 200:
    sys.exit(f"no session: {status}")
print(json.dumps(started), flush=True)
for _ in range(120):
    time.sleep(seconds)
    status, answer = ask("GET", f"/api/auth/get-session?session={started['sessionId']}")
    if status in (404, 410):
        sys.exit("expired or not found")
    if status == 200 and answer["status"] == "completed":
        print(json.dumps(answer["user"]), flush=True)
        sys.exit()
    if status == 200 and answer["status"] == "denied":
        sys.exit("denied")
sys.exit("nobody finished")
