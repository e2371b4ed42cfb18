;; Descriptor of a StackerDB that the signers of even reward cycles write: one slot per signer, in
;; the order of the signer set. Deployed once per lane, as .signers-0-<lane> for the messages of block
;; signing (1 block responses, 2 state machine updates, 3 pre-commits) and as .inference-verdicts-0.
;; Clarity 3.

(define-read-only (stackerdb-get-signer-slots)
  (contract-call? .signers stackerdb-get-signer-slots-page u0))

(define-read-only (stackerdb-get-config)
  (contract-call? .signers stackerdb-get-config))
