;; Descriptor of the StackerDB in which hosts publish signed commitments of answers that wait for a
;; verdict: slot i belongs to the operating key of host i in .hosts. Clarity 3.

(define-read-only (stackerdb-get-signer-slots)
  (if true
    (ok (contract-call? .hosts get-receipt-slots))
    (err u1)))

(define-read-only (stackerdb-get-config)
  (if true
    (ok {
      ;; 256 receipts of about 400 bytes.
      chunk-size: u131072,
      write-freq: u0,
      max-writes: u4294967295,
      max-neighbors: u32,
      hint-replicas: (list)
    })
    (err u1)))
