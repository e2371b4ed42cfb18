/** Versions of the language a contract can be written in, epoch 3.4. */
export type ClarityVersion = 1 | 2 | 3 | 4 | 5;
