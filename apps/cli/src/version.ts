/** The version of the program: the build puts the one of package.json here. */
declare global {
  /** Set by the build. */
  var ASSAY_VERSION: string | undefined;
}

export function version(): string {
  return globalThis.ASSAY_VERSION ?? '0.0.0-source';
}
