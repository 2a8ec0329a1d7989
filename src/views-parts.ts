// Owns what the data of several pages has in common: forms, faults, buttons. Whose page it is stands in views.ts.

/** A sentence about a form; with `field` it stands beside the input of that name, without it above the form. */
export interface Fault {
  field?: string;
  message: string;
}

/** A form of ours. The token is posted in the field `csrf`. */
export interface OurForm {
  action: string;
  csrf: string;
}

/** Posts `answer`, which the page's script fills in after it has posted the form to `optionsAction` (views/assets/passkey.js). */
export interface PasskeyForm {
  action: string;
  optionsAction: string;
}

/** A button that begins signing in with a connector: a POST of its own, with `csrf`. */
export interface ConnectorButton {
  id: string;
  label: string;
  action: string;
}

/** A client's picture, or its initial in its colour, or its initial. */
export interface ClientMark {
  initial: string;
  logoHref?: string;
  /** `#rrggbb`, and what is legible on it. */
  color?: string;
  ink?: string;
}

/** `title` and `detail` replace our own words for a scope; a scope we have no words for is shown by its name. */
export interface ConsentScope {
  name: string;
  title?: string;
  detail?: string;
}
