/** This machine cannot install the product. It is no fault of the gateway, but is always reported. */
export class NotInstallable extends Error {}
