// Owns who asks for what, the same in every server: a service that gets tokens and introspects them, an application,
// and a person who signed in to it.

export const SERVICE_ID = 'service';
export const SERVICE_SECRET = 'the-secret-of-the-service-in-the-benchmark';
export const APP_ID = 'app';
export const ACCOUNT_ID = '0191d5a4-6f0e-7c11-9f27-6d1c2f0a7b55';
export const PERSON_SCOPE = 'openid profile email';

export interface Seeded {
  serviceSecret: string;
  /** Of one person, issued to the application. */
  personTokens: string[];
  /** The service's own. */
  machineToken: string;
}
