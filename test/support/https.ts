// An https server on loopback for the tests, and this process taught to trust it. Its key is in everybody's hands, and its
// certificate names nobody but localhost: both are good for nothing else.
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqE6kcG8sPiVM8HVb
tLhB4N9I+pXaQnVzzhuj/bkI5mqhRANCAAQcPLgoUF+7zNv5M55qEJGKDDgXD1Xf
BO3QYCzYh+Njl42+SA3wl9caJu6tmdzvdI8/LLXGiu6cV+0eFXlWPWYf
-----END PRIVATE KEY-----`;

const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUD1u2toD8YDrrY+kOLnvEgLxkTWcwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA1NDkyNloYDzIxMjYxMDI4
MDU0OTI2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQcPLgoUF+7zNv5M55qEJGKDDgXD1XfBO3QYCzYh+Njl42+SA3wl9ca
Ju6tmdzvdI8/LLXGiu6cV+0eFXlWPWYfo28wbTAdBgNVHQ4EFgQUfE+emtpngFpI
nu/jFAxzphwAMRkwHwYDVR0jBBgwFoAUfE+emtpngFpInu/jFAxzphwAMRkwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhAK76gXL8ENxfi9yJrcYYy6T1e2boc9ff4o23K4yiijaKAiEA
98ACGhaIyNNaMx9+LYZhTeu7FadgsvqvoTx3pBpBydw=
-----END CERTIFICATE-----`;

export interface HttpsServer {
  /** `https://localhost:<port>`. */
  url: string;
  stop(): Promise<void>;
}

export async function startHttps(listener: RequestListener): Promise<HttpsServer> {
  setDefaultCACertificates([...getCACertificates('default'), CERTIFICATE]);
  const server = createServer({ key: KEY, cert: CERTIFICATE }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
