/** Amounts as people read them. */

/** `1234567` micro-STX as `1.234567 STX`. */
export function formatStx(amountMicro: bigint): string {
  const sign = amountMicro < 0n ? '-' : '';
  const abs = amountMicro < 0n ? -amountMicro : amountMicro;
  const fraction = (abs % 1_000_000n).toString().padStart(6, '0').replace(/0+$/, '');
  return `${sign}${abs / 1_000_000n}${fraction === '' ? '' : `.${fraction}`} STX`;
}
