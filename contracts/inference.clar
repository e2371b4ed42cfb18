;; inference: requests, escrow, and payment by certificate.
;;
;; A user opens a request: the most it may cost moves into this contract and an executor is drawn at
;; once among the hosts that serve the model. The host answers off chain and signs a commitment to
;; its answer. Signers of the reward cycle re-score the answer and sign verdicts. Whoever brings the
;; commitment and verdicts of at least 70 % of the signers' weight closes the request:
;;
;;   settle   verdict 1 (valid)    the host is paid per token, the rest goes back to the user
;;   reject   verdict 2 (invalid)  all goes back to the user, the host has a fault
;;   expire   no certificate by the deadline, all goes back to the user, the host has missed one
;;
;; No model runs here: only hashes, signatures and sums. Every hash that crosses the boundary is
;; sha256 of the consensus encoding of a tuple written down below, and every signature is one over
;; structured data (SIP-018), so hosts, judges and wallets compute the same bytes.
;; Invariant: `open-escrow` equals the sum of max-fee over all open requests, and this contract holds
;; at least that (exactly that, unless somebody makes it a present). Clarity 3.

;; ---------------------------------------------------------------------------------------------
;; Refusals

(define-constant ERR-UNKNOWN-MODEL (err u301))
(define-constant ERR-NO-HOST (err u302))
(define-constant ERR-HOST-NOT-SERVING (err u303))
(define-constant ERR-PROMPT-HASH (err u304))
(define-constant ERR-PROMPT-LENGTH (err u305))
(define-constant ERR-PARAMS (err u306))
(define-constant ERR-MAX-FEE (err u307))
(define-constant ERR-DEADLINE (err u308))
(define-constant ERR-PRIVACY (err u309))
(define-constant ERR-NONCE (err u310))
(define-constant ERR-NO-BEACON (err u311))

(define-constant ERR-UNKNOWN-REQUEST (err u320))
(define-constant ERR-NOT-OPEN (err u321))
(define-constant ERR-NOT-EXPIRED (err u322))
(define-constant ERR-OTHER-REQUEST (err u323))
(define-constant ERR-OTHER-MODEL (err u324))
(define-constant ERR-SEED (err u325))
(define-constant ERR-TOO-MANY-TOKENS (err u326))
(define-constant ERR-FINISH (err u327))
(define-constant ERR-HOST-SIGNATURE (err u328))
(define-constant ERR-NO-SUCH-SIGNER (err u330))
(define-constant ERR-VERDICT-ORDER (err u331))
(define-constant ERR-VERDICT-SIGNATURE (err u332))
(define-constant ERR-TOO-LITTLE-WEIGHT (err u333))

;; ---------------------------------------------------------------------------------------------
;; Bounds

(define-constant MAX-TEMPERATURE u2000000)
(define-constant MAX-TOP-P u1000000)
(define-constant MAX-TOP-K u20)
(define-constant MAX-TOKENS u32768)
;; What the content store accepts when the prompt is given by its hash.
(define-constant MAX-PROMPT-LENGTH u1048576)
;; Tokens of a prompt that can be charged for; no tokenizer makes more of the bytes above.
(define-constant MAX-PROMPT-TOKENS u1048576)
;; Bitcoin blocks a request may stay open: about a week.
(define-constant MAX-DEADLINE u1008)

(define-constant PRIVACY-PUBLIC u0)
(define-constant PRIVACY-HASH-ONLY u1)
(define-constant PRIVACY-SEALED u2)

(define-constant STATUS-OPEN u1)
(define-constant STATUS-SETTLED u2)
(define-constant STATUS-REJECTED u3)
(define-constant STATUS-EXPIRED u4)

(define-constant VERDICT-VALID u1)
(define-constant VERDICT-INVALID u2)

;; As .hosts numbers outcomes.
(define-constant OUTCOME-SETTLED u1)
(define-constant OUTCOME-FAULT u2)
(define-constant OUTCOME-MISSED u3)

;; Seven tenths of the weight, as for blocks.
(define-constant THRESHOLD-NUMERATOR u7)
(define-constant THRESHOLD-DENOMINATOR u10)

;; "gm-seed-v1"
(define-constant SEED-TAG 0x676d2d736565642d7631)
;; "SIP018"
(define-constant STRUCTURED-DATA-PREFIX 0x534950303138)
(define-constant DOMAIN-HASH
  (sha256
    (unwrap-panic
      (to-consensus-buff? { name: "assay-inference", version: "1", chain-id: chain-id }))))

;; ---------------------------------------------------------------------------------------------
;; State

;; Ids count from one.
(define-data-var last-request-id uint u0)
;; Micro-STX of all open requests.
(define-data-var open-escrow uint u0)

;; Lots of the current tenure: the sortition hash that draws executors and the Bitcoin block that
;; seeds the sampler. Set by the node in the first block of every tenure.
(define-data-var beacon { sortition-hash: (buff 32), burn-hash: (buff 32), burn-height: uint } {
  sortition-hash: 0x0000000000000000000000000000000000000000000000000000000000000000,
  burn-hash: 0x0000000000000000000000000000000000000000000000000000000000000000,
  burn-height: u0
})

(define-map requests uint {
  user: principal,
  model: (buff 32),
  prompt-hash: (buff 32),
  prompt-length: uint,
  ;; Temperature and top-p in millionths.
  params: { temperature: uint, top-p: uint, top-k: uint, max-tokens: uint },
  max-fee: uint,
  opened-at: uint,
  ;; Bitcoin height after which anyone may expire the request.
  expires-at: uint,
  privacy: uint,
  client-nonce: (buff 16),
  executor: principal,
  ;; Key and prices of the executor when it was drawn.
  host-key: (buff 33),
  input-price: uint,
  output-price: uint,
  beacon: (buff 32),
  request-hash: (buff 32),
  status: uint
})

;; How a request with a certificate ended: the answer's commitment, what was paid, who vouched.
(define-map results uint {
  commitment-hash: (buff 32),
  output-hash: (buff 32),
  transcript-hash: (buff 32),
  finish: (string-ascii 8),
  prompt-tokens: uint,
  output-tokens: uint,
  verdict: uint,
  cycle: uint,
  weight: uint,
  total-weight: uint,
  paid: uint,
  closed-at: uint
})

;; ---------------------------------------------------------------------------------------------
;; The node's door: run by the node in the first block of a tenure, never by a transaction

(define-private (set-beacon
    (new-beacon { sortition-hash: (buff 32), burn-hash: (buff 32), burn-height: uint }))
  (begin
    (var-set beacon new-beacon)
    (ok true)))

;; ---------------------------------------------------------------------------------------------
;; Opening

;; Opens a request: `max-fee` moves from the caller into escrow, an executor is drawn.
;; The prompt blob is given inline (public or sealed) or by hash and length only. `deadline` counts
;; Bitcoin blocks. `host` names an executor instead of the draw.
;; @returns (ok request-id)
(define-public (request
    (model (buff 32))
    (prompt (optional (buff 16384)))
    (prompt-hash (buff 32))
    (prompt-length uint)
    (params { temperature: uint, top-p: uint, top-k: uint, max-tokens: uint })
    (max-fee uint)
    (deadline uint)
    (host (optional principal))
    (privacy uint)
    (client-nonce (buff 16)))
  (let ((id (+ (var-get last-request-id) u1))
        (lots (var-get beacon))
        (expires-at (+ burn-block-height deadline)))
    (asserts! (> (get burn-height lots) u0) ERR-NO-BEACON)
    (asserts! (contract-call? .models is-known model) ERR-UNKNOWN-MODEL)
    (asserts! (is-eq (len client-nonce) u16) ERR-NONCE)
    (asserts! (> max-fee u0) ERR-MAX-FEE)
    (asserts! (and (> deadline u0) (<= deadline MAX-DEADLINE)) ERR-DEADLINE)
    (try! (check-params params))
    (try! (check-prompt prompt prompt-hash prompt-length privacy))
    (let ((executor (try! (choose-executor host model (get sortition-hash lots) id)))
          (record (unwrap! (contract-call? .hosts get-host executor) ERR-NO-HOST))
          (request-hash
            (hash-request {
              id: id,
              user: tx-sender,
              model: model,
              prompt-hash: prompt-hash,
              params: params,
              max-fee: max-fee,
              expires-at: expires-at,
              privacy: privacy,
              client-nonce: client-nonce
            }))
          (opened {
            user: tx-sender,
            model: model,
            prompt-hash: prompt-hash,
            prompt-length: prompt-length,
            params: params,
            max-fee: max-fee,
            opened-at: burn-block-height,
            expires-at: expires-at,
            privacy: privacy,
            client-nonce: client-nonce,
            executor: executor,
            host-key: (get operating-key record),
            input-price: (get input-price record),
            output-price: (get output-price record),
            beacon: (get burn-hash lots),
            request-hash: request-hash,
            status: STATUS-OPEN
          }))
      (map-set requests id opened)
      (var-set last-request-id id)
      (var-set open-escrow (+ (var-get open-escrow) max-fee))
      (try! (stx-transfer? max-fee tx-sender (as-contract tx-sender)))
      (print (merge opened { event: "request-opened", id: id, prompt: prompt }))
      (ok id))))

(define-private (check-params
    (params { temperature: uint, top-p: uint, top-k: uint, max-tokens: uint }))
  (begin
    (asserts! (<= (get temperature params) MAX-TEMPERATURE) ERR-PARAMS)
    (asserts! (and (> (get top-p params) u0) (<= (get top-p params) MAX-TOP-P)) ERR-PARAMS)
    (asserts! (and (> (get top-k params) u0) (<= (get top-k params) MAX-TOP-K)) ERR-PARAMS)
    (asserts! (and (> (get max-tokens params) u0) (<= (get max-tokens params) MAX-TOKENS))
      ERR-PARAMS)
    (ok true)))

;; What is inline must be what the hash and the length say. A hash-only prompt stays off chain, a
;; sealed one is the encrypted box and must be here, or nobody could open it.
(define-private (check-prompt
    (prompt (optional (buff 16384)))
    (prompt-hash (buff 32))
    (prompt-length uint)
    (privacy uint))
  (begin
    (asserts! (<= privacy PRIVACY-SEALED) ERR-PRIVACY)
    (asserts! (is-eq (len prompt-hash) u32) ERR-PROMPT-HASH)
    (asserts! (and (> prompt-length u0) (<= prompt-length MAX-PROMPT-LENGTH)) ERR-PROMPT-LENGTH)
    (match prompt
      blob (begin
        (asserts! (not (is-eq privacy PRIVACY-HASH-ONLY)) ERR-PRIVACY)
        (asserts! (is-eq (len blob) prompt-length) ERR-PROMPT-LENGTH)
        (asserts! (is-eq (sha256 blob) prompt-hash) ERR-PROMPT-HASH)
        (ok true))
      (begin
        (asserts! (not (is-eq privacy PRIVACY-SEALED)) ERR-PRIVACY)
        (ok true)))))

(define-private (choose-executor
    (host (optional principal)) (model (buff 32)) (sortition-hash (buff 32)) (id uint))
  (match host
    named (if (contract-call? .hosts serves named model)
      (ok named)
      ERR-HOST-NOT-SERVING)
    (ok (unwrap!
      (contract-call? .hosts draw model (draw-entropy sortition-hash id))
      ERR-NO-HOST))))

;; sha256(sortition hash || id as 16 bytes, big-endian)
(define-read-only (draw-entropy (sortition-hash (buff 32)) (id uint))
  (sha256 (concat sortition-hash (uint-to-buff id))))

;; The consensus encoding of a uint is a type byte and the number, 16 bytes big-endian.
(define-private (uint-to-buff (number uint))
  (unwrap-panic
    (as-max-len?
      (unwrap-panic (slice? (unwrap-panic (to-consensus-buff? number)) u1 u17))
      u16)))

;; ---------------------------------------------------------------------------------------------
;; Closing

;; Pays the host for an answer that the signers found valid; the unused part goes back to the user.
;; Anyone may call. Verdicts come in ascending order of the signer's index.
;; @returns (ok paid) in micro-STX
(define-public (settle
    (id uint)
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
    (host-signature (buff 65))
    (verdicts (list 64 { index: uint, signature: (buff 65) })))
  (let ((opened (try! (get-open id)))
        (commitment-hash (try! (check-commitment opened commitment host-signature)))
        (vouched (try! (weigh-verdicts id commitment-hash VERDICT-VALID verdicts)))
        (price (price-of opened commitment))
        (paid (if (< price (get max-fee opened)) price (get max-fee opened)))
        (refund (- (get max-fee opened) paid)))
    (close id opened STATUS-SETTLED)
    (record-result id commitment commitment-hash VERDICT-VALID vouched paid)
    (try! (pay paid (get executor opened)))
    (try! (pay refund (get user opened)))
    (try! (contract-call? .hosts record-outcome (get executor opened) OUTCOME-SETTLED paid))
    (print {
      event: "request-settled",
      id: id,
      user: (get user opened),
      host: (get executor opened),
      paid: paid,
      refund: refund,
      commitment-hash: commitment-hash,
      commitment: commitment,
      cycle: (get cycle vouched),
      weight: (get weight vouched),
      total-weight: (get total-weight vouched)
    })
    (ok paid)))

;; Refunds the user because the signers found the answer false. Same certificate, verdict 2.
;; @returns (ok refund) in micro-STX
(define-public (reject
    (id uint)
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
    (host-signature (buff 65))
    (verdicts (list 64 { index: uint, signature: (buff 65) })))
  (let ((opened (try! (get-open id)))
        (commitment-hash (try! (check-signed opened commitment host-signature)))
        (vouched (try! (weigh-verdicts id commitment-hash VERDICT-INVALID verdicts)))
        (refund (get max-fee opened)))
    (close id opened STATUS-REJECTED)
    (record-result id commitment commitment-hash VERDICT-INVALID vouched u0)
    (try! (pay refund (get user opened)))
    (try! (contract-call? .hosts record-outcome (get executor opened) OUTCOME-FAULT u0))
    (print {
      event: "request-rejected",
      id: id,
      user: (get user opened),
      host: (get executor opened),
      refund: refund,
      commitment-hash: commitment-hash,
      commitment: commitment,
      cycle: (get cycle vouched),
      weight: (get weight vouched),
      total-weight: (get total-weight vouched)
    })
    (ok refund)))

;; Refunds the user after the deadline. Anyone may call.
;; @returns (ok refund) in micro-STX
(define-public (expire (id uint))
  (let ((opened (try! (get-open id)))
        (refund (get max-fee opened)))
    (asserts! (> burn-block-height (get expires-at opened)) ERR-NOT-EXPIRED)
    (close id opened STATUS-EXPIRED)
    (try! (pay refund (get user opened)))
    (try! (contract-call? .hosts record-outcome (get executor opened) OUTCOME-MISSED u0))
    (print {
      event: "request-expired",
      id: id,
      user: (get user opened),
      host: (get executor opened),
      refund: refund
    })
    (ok refund)))

(define-private (get-open (id uint))
  (let ((found (unwrap! (map-get? requests id) ERR-UNKNOWN-REQUEST)))
    (asserts! (is-eq (get status found) STATUS-OPEN) ERR-NOT-OPEN)
    (ok found)))

;; Takes a request out of the escrow's account; the caller pays its max-fee out.
(define-private (close
    (id uint)
    (opened {
      user: principal,
      model: (buff 32),
      prompt-hash: (buff 32),
      prompt-length: uint,
      params: { temperature: uint, top-p: uint, top-k: uint, max-tokens: uint },
      max-fee: uint,
      opened-at: uint,
      expires-at: uint,
      privacy: uint,
      client-nonce: (buff 16),
      executor: principal,
      host-key: (buff 33),
      input-price: uint,
      output-price: uint,
      beacon: (buff 32),
      request-hash: (buff 32),
      status: uint
    })
    (status uint))
  (begin
    (map-set requests id (merge opened { status: status }))
    (var-set open-escrow (- (var-get open-escrow) (get max-fee opened)))))

(define-private (pay (amount uint) (to principal))
  (if (is-eq amount u0)
    (ok true)
    (as-contract (stx-transfer? amount tx-sender to))))

(define-private (record-result
    (id uint)
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
    (commitment-hash (buff 32))
    (verdict uint)
    (vouched { cycle: uint, weight: uint, total-weight: uint })
    (paid uint))
  (map-set results id {
    commitment-hash: commitment-hash,
    output-hash: (get output-hash commitment),
    transcript-hash: (get transcript-hash commitment),
    finish: (get finish commitment),
    prompt-tokens: (get prompt-tokens commitment),
    output-tokens: (get output-tokens commitment),
    verdict: verdict,
    cycle: (get cycle vouched),
    weight: (get weight vouched),
    total-weight: (get total-weight vouched),
    paid: paid,
    closed-at: burn-block-height
  }))

;; ---------------------------------------------------------------------------------------------
;; What the host signed

;; The commitment is about this request and signed by its host; a false answer is rejected on no
;; more than that.
;; @returns (ok commitment-hash)
(define-private (check-signed
    (opened {
      user: principal,
      model: (buff 32),
      prompt-hash: (buff 32),
      prompt-length: uint,
      params: { temperature: uint, top-p: uint, top-k: uint, max-tokens: uint },
      max-fee: uint,
      opened-at: uint,
      expires-at: uint,
      privacy: uint,
      client-nonce: (buff 16),
      executor: principal,
      host-key: (buff 33),
      input-price: uint,
      output-price: uint,
      beacon: (buff 32),
      request-hash: (buff 32),
      status: uint
    })
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
    (host-signature (buff 65)))
  (let ((commitment-hash (hash-commitment commitment)))
    (asserts! (is-eq (get request-hash commitment) (get request-hash opened)) ERR-OTHER-REQUEST)
    (asserts!
      (is-eq
        (secp256k1-recover? (structured-digest commitment-hash) host-signature)
        (ok (get host-key opened)))
      ERR-HOST-SIGNATURE)
    (ok commitment-hash)))

;; An answer that is to be paid also names the model and the seed that were asked for, and stays
;; within the length that was allowed.
;; @returns (ok commitment-hash)
(define-private (check-commitment
    (opened {
      user: principal,
      model: (buff 32),
      prompt-hash: (buff 32),
      prompt-length: uint,
      params: { temperature: uint, top-p: uint, top-k: uint, max-tokens: uint },
      max-fee: uint,
      opened-at: uint,
      expires-at: uint,
      privacy: uint,
      client-nonce: (buff 16),
      executor: principal,
      host-key: (buff 33),
      input-price: uint,
      output-price: uint,
      beacon: (buff 32),
      request-hash: (buff 32),
      status: uint
    })
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
    (host-signature (buff 65)))
  (begin
    (asserts! (is-eq (get model commitment) (get model opened)) ERR-OTHER-MODEL)
    (asserts!
      (is-eq
        (get seed commitment)
        (sampling-seed (get request-hash opened) (get host-key opened) (get beacon opened)))
      ERR-SEED)
    (asserts! (<= (get output-tokens commitment) (get max-tokens (get params opened)))
      ERR-TOO-MANY-TOKENS)
    (asserts! (<= (get prompt-tokens commitment) MAX-PROMPT-TOKENS) ERR-TOO-MANY-TOKENS)
    (asserts!
      (or (is-eq (get finish commitment) "stop") (is-eq (get finish commitment) "length"))
      ERR-FINISH)
    (check-signed opened commitment host-signature)))

(define-private (price-of
    (opened {
      user: principal,
      model: (buff 32),
      prompt-hash: (buff 32),
      prompt-length: uint,
      params: { temperature: uint, top-p: uint, top-k: uint, max-tokens: uint },
      max-fee: uint,
      opened-at: uint,
      expires-at: uint,
      privacy: uint,
      client-nonce: (buff 16),
      executor: principal,
      host-key: (buff 33),
      input-price: uint,
      output-price: uint,
      beacon: (buff 32),
      request-hash: (buff 32),
      status: uint
    })
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
    }))
  (+
    (* (get prompt-tokens commitment) (get input-price opened))
    (* (get output-tokens commitment) (get output-price opened))))

;; ---------------------------------------------------------------------------------------------
;; What the signers signed

;; Sums the weight of the verdicts: each from another signer of the newest cycle, signed by the key
;; that signs its blocks, over this commitment, this request and this verdict.
;; @returns (ok { cycle, weight, total-weight }) when the weight suffices
(define-private (weigh-verdicts
    (id uint)
    (commitment-hash (buff 32))
    (verdict uint)
    (verdicts (list 64 { index: uint, signature: (buff 65) })))
  (let ((current (contract-call? .signers get-current))
        (total (get total-weight current))
        (counted
          (try!
            (fold weigh-verdict verdicts
              (ok {
                digest: (verdict-digest id commitment-hash verdict),
                cycle: (get cycle current),
                least-index: u0,
                weight: u0
              })))))
    (asserts! (> total u0) ERR-TOO-LITTLE-WEIGHT)
    (asserts!
      (>= (* (get weight counted) THRESHOLD-DENOMINATOR) (* total THRESHOLD-NUMERATOR))
      ERR-TOO-LITTLE-WEIGHT)
    (ok { cycle: (get cycle current), weight: (get weight counted), total-weight: total })))

;; Indexes ascend, so no signer counts twice.
(define-private (weigh-verdict
    (entry { index: uint, signature: (buff 65) })
    (before
      (response { digest: (buff 32), cycle: uint, least-index: uint, weight: uint } uint)))
  (let ((state (try! before))
        (index (get index entry))
        (signer
          (unwrap! (contract-call? .signers get-signer-entry (get cycle state) index)
            ERR-NO-SUCH-SIGNER))
        (key
          (unwrap! (secp256k1-recover? (get digest state) (get signature entry))
            ERR-VERDICT-SIGNATURE)))
    (asserts! (>= index (get least-index state)) ERR-VERDICT-ORDER)
    (asserts! (is-eq (principal-of? key) (ok (get signer signer))) ERR-VERDICT-SIGNATURE)
    (ok (merge state {
      least-index: (+ index u1),
      weight: (+ (get weight state) (get weight signer))
    }))))

;; ---------------------------------------------------------------------------------------------
;; Bytes that others compute too

(define-read-only (hash-request
    (tuple-of-request {
      id: uint,
      user: principal,
      model: (buff 32),
      prompt-hash: (buff 32),
      params: { temperature: uint, top-p: uint, top-k: uint, max-tokens: uint },
      max-fee: uint,
      expires-at: uint,
      privacy: uint,
      client-nonce: (buff 16)
    }))
  (sha256 (unwrap-panic (to-consensus-buff? tuple-of-request))))

(define-read-only (hash-commitment
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
    }))
  (sha256 (unwrap-panic (to-consensus-buff? commitment))))

;; The seed of the sampler: fixed by the request, the host's key and a Bitcoin block together.
(define-read-only (sampling-seed
    (request-hash (buff 32)) (host-key (buff 33)) (burn-hash (buff 32)))
  (sha256 (concat (concat (concat SEED-TAG request-hash) host-key) burn-hash)))

;; What is signed for a tuple whose consensus encoding has this hash (SIP-018).
(define-read-only (structured-digest (message-hash (buff 32)))
  (sha256 (concat (concat STRUCTURED-DATA-PREFIX DOMAIN-HASH) message-hash)))

(define-read-only (verdict-digest (id uint) (commitment-hash (buff 32)) (verdict uint))
  (structured-digest
    (sha256
      (unwrap-panic
        (to-consensus-buff? { commitment: commitment-hash, request-id: id, verdict: verdict })))))

;; ---------------------------------------------------------------------------------------------
;; Reading

(define-read-only (get-request (id uint))
  (map-get? requests id))

(define-read-only (get-result (id uint))
  (map-get? results id))

(define-read-only (get-last-request-id)
  (var-get last-request-id))

(define-read-only (get-open-escrow)
  (var-get open-escrow))

(define-read-only (get-beacon)
  (var-get beacon))
