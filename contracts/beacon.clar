;; beacon: what Bitcoin decided for each tenure. Nobody can choose these hashes, so draws and seeds of
;; .inference and .sessions follow from them. Clarity 4, for the time of the block.

;; Beacons so far; the newest has this number, the first is number one.
(define-data-var sequence uint u0)

(define-data-var newest { sortition-hash: (buff 32), burn-hash: (buff 32), burn-height: uint } {
  sortition-hash: 0x0000000000000000000000000000000000000000000000000000000000000000,
  burn-hash: 0x0000000000000000000000000000000000000000000000000000000000000000,
  burn-height: u0
})

(define-map history uint
  { sortition-hash: (buff 32), burn-hash: (buff 32), burn-height: uint })

;; Run by the node in the first block of a tenure; no transaction can call it.
(define-private (set-beacon
    (given { sortition-hash: (buff 32), burn-hash: (buff 32), burn-height: uint }))
  (let ((number (+ (var-get sequence) u1)))
    (var-set sequence number)
    (var-set newest given)
    (map-set history number given)
    (ok number)))

;; The tenure's beacon with its number (zero: none yet) and the time of this block, seconds.
(define-read-only (get-current)
  (merge (var-get newest) { sequence: (var-get sequence), time: stacks-block-time }))

;; The beacon with this number; none for a tenure that has not begun.
(define-read-only (get-at (number uint))
  (map-get? history number))

;; Unix seconds of the block being made.
(define-read-only (get-time)
  stacks-block-time)
