/** Clarity sources are bundled as text. */
declare module '*.clar' {
  const source: string;
  export default source;
}
