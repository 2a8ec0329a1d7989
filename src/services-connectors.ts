// The part of services.ts that constructs whoever vouches for people, in the order of the buttons.
import type { Config } from './config.ts';
import type { Connector } from './connectors/connector.ts';
import { GithubConnector } from './connectors/github.ts';
import { GoogleConnector } from './connectors/google.ts';
import { KakaoConnector } from './connectors/kakao.ts';
import { NaverConnector } from './connectors/naver.ts';
import { OAuth2Connector, profileByFields } from './connectors/oauth2.ts';
import { OidcConnector } from './connectors/oidc.ts';
import { ConnectorRegistry } from './connectors/registry.ts';

export function createConnectors({ connectors, github, issuer, signUp }: Config): ConnectorRegistry {
  const { google, kakao, naver, oauth2, oidc } = connectors;
  /** RFC 9700 §4.4.2: each has a callback of its own, so that none can pass for another. */
  const callback = (id: string) => ({ callbackUrl: `${issuer}/connect/${id}/callback` });
  const list: (Connector | undefined)[] = [
    github && new GithubConnector({ ...github, ...callback('github'), organizations: signUp.githubOrgs }),
    google && new GoogleConnector({ ...google, ...callback('google') }),
    kakao && new KakaoConnector({ ...kakao, ...callback('kakao') }),
    naver && new NaverConnector({ ...naver, ...callback('naver') }),
    ...oidc.map((settings) => new OidcConnector({ ...settings, ...callback(settings.id) })),
    ...oauth2.map(({ fields, ...settings }) => {
      const profileOf = profileByFields(fields, settings.label);
      return new OAuth2Connector({ ...settings, ...callback(settings.id), profileOf });
    }),
  ];
  return new ConnectorRegistry(list.filter((connector) => connector !== undefined));
}
