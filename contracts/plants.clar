;; plants: known answers that show whether judges work.
;;
;; A user and a host agree on a request whose answer is false on purpose: its sketch is no model's but
;; follows from a secret. The user commits to that before the request is closed (`plant`). A judge
;; that runs the model finds the answer false. Then the secret is opened (`reveal`): everybody can see
;; that the sketch was noise, so the host is not punished (its bond and its record are restored), and a judge that signed "valid" did not
;; look (`mark-lazy`): it loses its unclaimed pay and carries a mark that all can read. Only the user
;; of the request itself can plant, so a plant cannot shield a host that cheats others. Clarity 3.

(define-constant ERR-KNOWN (err u701))
(define-constant ERR-UNKNOWN-PLANT (err u702))
(define-constant ERR-UNKNOWN-REQUEST (err u703))
(define-constant ERR-NOT-PLANTER (err u704))
(define-constant ERR-TOO-LATE (err u705))
(define-constant ERR-LENGTH (err u706))
(define-constant ERR-NOT-NOISE (err u707))
(define-constant ERR-NOT-REVEALED (err u708))
(define-constant ERR-NO-SUCH-SIGNER (err u709))
(define-constant ERR-SIGNATURE (err u710))
(define-constant ERR-MARKED (err u711))

;; A planted answer has exactly one leaf: long enough that noise cannot pass for a model, and the
;; root of its sketch is the hash of the leaf.
(define-constant PLANT-TOKENS u32)
(define-constant VERDICT-VALID u1)
(define-constant SKETCH-LEAF 0x0100000000)

;; By digest: who planted, at which Stacks height.
(define-map plants (buff 32) { planter: principal, height: uint })
;; Revealed plants: the commitment hash by request.
(define-map revealed uint (buff 32))
;; Requests for which a signer was marked, and how often it was in all.
(define-map marked { request: uint, signer: principal } bool)
(define-map lazy-marks principal uint)

;; Commits to a planted answer. `digest` is sha256 of the consensus encoding of
;; { commitment: (buff 32), request-id: uint, secret: (buff 32) }, with the commitment's hash.
;; @returns (ok true); u701
(define-public (plant (digest (buff 32)))
  (begin
    (asserts!
      (map-insert plants digest { planter: tx-sender, height: stacks-block-height })
      ERR-KNOWN)
    (print { event: "answer-planted", digest: digest, planter: tx-sender })
    (ok true)))

;; Opens a plant: the commitment of the answer and the secret its sketch was made from. A slash that is
;; held because of this answer goes back to the host, and its fault is taken back. Anyone may call.
;; @returns (ok true); u702 to u707
(define-public (reveal
    (request-id uint)
    (commitment {
      request-hash: (buff 32),
      model: (buff 32),
      seed: (buff 32),
      ids-root: (buff 32),
      sketch-root: (buff 32),
      transcript-hash: (buff 32),
      output-hash: (buff 32),
      finish: (string-ascii 8),
      prompt-tokens: uint,
      output-tokens: uint,
      timestamp: uint
    })
    (secret (buff 32)))
  (let ((hash (contract-call? .inference hash-commitment commitment))
        (planted
          (unwrap! (map-get? plants (plant-digest request-id hash secret)) ERR-UNKNOWN-PLANT))
        (request (unwrap! (contract-call? .inference get-request request-id) ERR-UNKNOWN-REQUEST))
        (closed-height (contract-call? .inference get-closed-height request-id)))
    (asserts! (is-eq (get planter planted) (get user request)) ERR-NOT-PLANTER)
    (asserts! (is-eq (get request-hash commitment) (get request-hash request)) ERR-UNKNOWN-REQUEST)
    (asserts! (match closed-height height (< (get height planted) height) true) ERR-TOO-LATE)
    (asserts! (is-eq (get output-tokens commitment) PLANT-TOKENS) ERR-LENGTH)
    (asserts! (is-eq (get sketch-root commitment) (noise-root secret)) ERR-NOT-NOISE)
    (map-set revealed request-id hash)
    (match (contract-call? .inference get-slash-of request-id)
      slash (match (contract-call? .judges cancel-slash slash)
        done (try! (contract-call? .hosts forgive (get executor request)))
        closed false)
      false)
    (print { event: "plant-revealed", request-id: request-id, commitment-hash: hash })
    (ok true)))

;; Shows that a signer called a revealed plant valid: `signature` is its verdict u1 on it. It loses what
;; it is owed for that cycle, half to the caller. Once per request and signer.
;; @returns (ok marks) of that signer; u708 to u711
(define-public (mark-lazy (request-id uint) (cycle uint) (index uint) (signature (buff 65)))
  (let ((hash (unwrap! (map-get? revealed request-id) ERR-NOT-REVEALED))
        (entry
          (unwrap! (contract-call? .signers get-signer-entry cycle index) ERR-NO-SUCH-SIGNER))
        (signer (get signer entry))
        (digest (contract-call? .inference verdict-digest request-id hash VERDICT-VALID))
        (key (unwrap! (secp256k1-recover? digest signature) ERR-SIGNATURE))
        (marks (+ (get-lazy-marks signer) u1)))
    (asserts! (is-eq (principal-of? key) (ok signer)) ERR-SIGNATURE)
    (asserts! (map-insert marked { request: request-id, signer: signer } true) ERR-MARKED)
    (map-set lazy-marks signer marks)
    (try! (contract-call? .judges forfeit cycle index tx-sender))
    (print { event: "judge-marked", signer: signer, request-id: request-id, marks: marks })
    (ok marks)))

(define-read-only (plant-digest (request-id uint) (commitment-hash (buff 32)) (secret (buff 32)))
  (sha256
    (unwrap-panic
      (to-consensus-buff?
        { commitment: commitment-hash, request-id: request-id, secret: secret }))))

;; Root of a sketch of noise: one leaf, its 160 bytes sha256(secret || i) for i = 0 to 4, its salt the
;; first 16 bytes for i = 5 (i is one byte).
(define-read-only (noise-root (secret (buff 32)))
  (let ((salt (unwrap-panic (slice? (sha256 (concat secret 0x05)) u0 u16))))
    (sha256
      (concat (concat SKETCH-LEAF salt)
        (concat (concat (sha256 (concat secret 0x00)) (sha256 (concat secret 0x01)))
          (concat (concat (sha256 (concat secret 0x02)) (sha256 (concat secret 0x03)))
            (sha256 (concat secret 0x04))))))))

;; Times a signer called a plant valid.
(define-read-only (get-lazy-marks (signer principal))
  (default-to u0 (map-get? lazy-marks signer)))

;; Commitment hash of the revealed plant of a request.
(define-read-only (get-revealed (request-id uint))
  (map-get? revealed request-id))
