/** This machine cannot have the product: no fault of the gateway, and never passed over in silence. */
export class NotInstallable extends Error {}
