// Which permissions let somebody administer this house, in whole or in part. Which role gives them is in the table of roles;
// what each of them opens is said by whoever opens it (http/admin-api.ts). Others, of services, mean nothing here.
import { ADMINISTRATOR_PERMISSIONS } from './account.ts';

/** `admin` includes the others. */
export const ADMINISTRATIVE_PERMISSIONS = ['admin', 'accounts.read', 'audit.read', 'clients.read'] as const;
export type AdministrativePermission = (typeof ADMINISTRATIVE_PERMISSIONS)[number];

interface Holder {
  permissions: readonly string[];
}

/** Whether somebody may do anything here that others may not. */
export function isAdministrative({ permissions }: Holder): boolean {
  return ADMINISTRATIVE_PERMISSIONS.some((permission) => permissions.includes(permission));
}

export function hasPermission({ permissions }: Holder, needed: AdministrativePermission): boolean {
  return permissions.includes(needed) || ADMINISTRATOR_PERMISSIONS.every((all) => permissions.includes(all));
}
