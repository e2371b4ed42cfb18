;; Descriptor of the StackerDB in which miners propose blocks. Its writers are the winners of the last
;; two sortitions, two slots each; the node knows them from Bitcoin and fills them in, so the list
;; here is empty. Clarity 3.

(define-read-only (stackerdb-get-signer-slots)
  (if true
    (ok (list))
    (err u1)))

(define-read-only (stackerdb-get-config)
  (if true
    (ok {
      ;; A block has 2 MiB; the rest is the proposal around it.
      chunk-size: u4194304,
      write-freq: u0,
      max-writes: u4294967295,
      max-neighbors: u32,
      hint-replicas: (list)
    })
    (err u1)))
