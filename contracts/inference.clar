;; inference: requests, escrow, and payment by certificate.
;;
;; A user opens a request: the most it may cost moves into this contract and up to three executors are
;; drawn at once among the hosts that serve the model, in ranks: the first may answer at any time, the
;; next only when its turn has come. The host answers off chain and signs a commitment to its answer.
;; Signers of the reward cycle re-score the answer and sign verdicts. Whoever brings the commitment and
;; verdicts of at least 70 % of the signers' weight closes the request:
;;
;;   settle   verdict 1 (valid)    the host is paid per token, the rest goes back to the user
;;   reject   verdict 2 (invalid)  all goes back to the user, the host loses its bond
;;   expire   no certificate by the deadline, all goes back to the user
;;
;; For some time after a settlement anybody may dispute it with a bond; judges of 70 % of the weight
;; decide again. No model runs here: only hashes, signatures and sums. Every hash that crosses the
;; boundary is sha256 of the consensus encoding of a tuple written down below, and every signature is
;; one over structured data (SIP-018), so hosts, judges and wallets compute the same bytes.
;; Invariant: `open-escrow` is the sum of max-fee over open requests, `dispute-bonds` that of open
;; disputes, and this contract holds exactly both, unless somebody makes it a present. Clarity 3.

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
(define-constant ERR-NOT-YET (err u329))
(define-constant ERR-HOST-LEFT (err u330))

(define-constant ERR-NOT-SETTLED (err u340))
(define-constant ERR-DISPUTE-WINDOW (err u341))
(define-constant ERR-UNKNOWN-DISPUTE (err u342))
(define-constant ERR-DISPUTE-CLOSED (err u343))
(define-constant ERR-DISPUTE-OPEN (err u344))
(define-constant ERR-PARAMETERS (err u345))
(define-constant ERR-DISPUTE-OVER (err u346))

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
;; Basis points: 10,000 is all.
(define-constant ALL u10000)

(define-constant PRIVACY-PUBLIC u0)
(define-constant PRIVACY-HASH-ONLY u1)
(define-constant PRIVACY-SEALED u2)

(define-constant STATUS-OPEN u1)
(define-constant STATUS-SETTLED u2)
(define-constant STATUS-REJECTED u3)
(define-constant STATUS-EXPIRED u4)
(define-constant STATUS-REVERSED u5)

(define-constant DISPUTE-OPEN u1)
(define-constant DISPUTE-UPHELD u2)
(define-constant DISPUTE-DISMISSED u3)
(define-constant DISPUTE-LAPSED u4)

(define-constant VERDICT-VALID u1)
(define-constant VERDICT-INVALID u2)

;; As .hosts numbers outcomes.
(define-constant OUTCOME-SETTLED u1)
(define-constant OUTCOME-FAULT u2)
(define-constant OUTCOME-MISSED u3)

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

(define-data-var parameters
  {
    ;; Of every payment, basis points: for judges and the rest (.judges).
    fee-rate: uint,
    ;; Seconds that each rank has for itself before the next may settle.
    fallback-window: uint,
    ;; Bitcoin blocks after a settlement in which it can be disputed, and for judging a dispute.
    dispute-window: uint,
    judging-window: uint,
    ;; Least bond of a dispute, micro-STX; never less than what was paid.
    dispute-bond: uint,
    ;; A conviction takes this many times the request's max fee, but at least the least bond of a host.
    slash-multiple: uint
  }
  {
    fee-rate: u300,
    fallback-window: u30,
    dispute-window: u144,
    judging-window: u144,
    dispute-bond: u10000000,
    slash-multiple: u500
  })

;; Ids count from one.
(define-data-var last-request-id uint u0)
;; Micro-STX of all open requests, and of all open disputes.
(define-data-var open-escrow uint u0)
(define-data-var dispute-bonds uint u0)

(define-map requests uint {
  user: principal,
  model: (buff 32),
  prompt-hash: (buff 32),
  prompt-length: uint,
  ;; Temperature and top-p in millionths.
  params: { temperature: uint, top-p: uint, top-k: uint, max-tokens: uint },
  max-fee: uint,
  opened-at: uint,
  ;; Unix seconds of the block that opened it.
  opened-time: uint,
  ;; Bitcoin height after which anyone may expire the request.
  expires-at: uint,
  privacy: uint,
  ;; The prompt is on chain for everybody to read.
  is-public: bool,
  client-nonce: (buff 16),
  ;; Rank 0, with key and prices of the day of the draw; who answered, once it is closed by a
  ;; certificate.
  executor: principal,
  host-key: (buff 33),
  input-price: uint,
  output-price: uint,
  ;; Ranks 1 and 2.
  fallbacks: (list 2 { host: principal, key: (buff 33), input-price: uint, output-price: uint }),
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
  rank: uint,
  verdict: uint,
  cycle: uint,
  weight: uint,
  total-weight: uint,
  ;; What the user paid, and the part of it that was the protocol fee.
  paid: uint,
  fee: uint,
  ;; Bitcoin and Stacks height.
  closed-at: uint,
  closed-height: uint
})

;; The slash of a rejected or reversed request, as .judges numbers them.
(define-map slashes-by-request uint uint)

(define-data-var last-dispute-id uint u0)
(define-map disputes uint {
  request-id: uint,
  disputer: principal,
  ;; SHA-256 of whatever the disputer shows to the judges.
  evidence: (buff 32),
  bond: uint,
  opened-at: uint,
  status: uint
})

;; ---------------------------------------------------------------------------------------------
;; Opening

;; Opens a request: `max-fee` moves from the caller into escrow, executors are drawn.
;; The prompt blob is given inline (public or sealed) or by hash and length only. `deadline` counts
;; Bitcoin blocks. `host` names the only executor instead of the draw.
;; @returns (ok request-id); u301 to u311, u1 (no funds)
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
        (lots (contract-call? .beacon get-current))
        (expires-at (+ burn-block-height deadline)))
    (asserts! (> (get sequence lots) u0) ERR-NO-BEACON)
    (asserts! (contract-call? .models is-known model) ERR-UNKNOWN-MODEL)
    (asserts! (is-eq (len client-nonce) u16) ERR-NONCE)
    (asserts! (> max-fee u0) ERR-MAX-FEE)
    (asserts! (and (> deadline u0) (<= deadline MAX-DEADLINE)) ERR-DEADLINE)
    (try! (check-params params))
    (try! (check-prompt prompt prompt-hash prompt-length privacy))
    (let ((executors
            (contract-call? .hosts assign model
              (draw-entropy (get sortition-hash lots) id)
              host))
          (first
            (unwrap! (element-at? executors u0)
              (if (is-some host) ERR-HOST-NOT-SERVING ERR-NO-HOST)))
          (opened {
            user: tx-sender,
            model: model,
            prompt-hash: prompt-hash,
            prompt-length: prompt-length,
            params: params,
            max-fee: max-fee,
            opened-at: burn-block-height,
            opened-time: (get time lots),
            expires-at: expires-at,
            privacy: privacy,
            is-public: (and (is-some prompt) (is-eq privacy PRIVACY-PUBLIC)),
            client-nonce: client-nonce,
            executor: (get host first),
            host-key: (get key first),
            input-price: (get input-price first),
            output-price: (get output-price first),
            fallbacks:
              (default-to (list)
                (as-max-len?
                  (default-to (list) (slice? executors u1 (len executors)))
                  u2)),
            beacon: (get burn-hash lots),
            request-hash: (hash-request {
              id: id,
              user: tx-sender,
              model: model,
              prompt-hash: prompt-hash,
              params: params,
              max-fee: max-fee,
              expires-at: expires-at,
              privacy: privacy,
              client-nonce: client-nonce
            }),
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
;; Anyone may call. Verdicts come in ascending order of the signer's index. An answer of rank k is
;; taken from `fallback-window` x k seconds after the opening; ranks before it have missed theirs.
;; @returns (ok paid) in micro-STX, the protocol fee included; u320, u321, u323 to u330, u501 to u505
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
        (limits (var-get parameters))
        (hash (hash-commitment commitment))
        (first {
          host: (get executor opened),
          key: (get host-key opened),
          input-price: (get input-price opened),
          output-price: (get output-price opened)
        })
        (fallbacks (get fallbacks opened))
        (answered (try! (find-executor first fallbacks hash host-signature)))
        (rank (get rank answered))
        (executor (get executor answered))
        (host (get host executor))
        (price
          (+
            (* (get prompt-tokens commitment) (get input-price executor))
            (* (get output-tokens commitment) (get output-price executor))))
        (paid (if (< price (get max-fee opened)) price (get max-fee opened)))
        (fee (/ (* paid (get fee-rate limits)) ALL))
        (refund (- (get max-fee opened) paid)))
    (asserts! (is-eq (get request-hash commitment) (get request-hash opened)) ERR-OTHER-REQUEST)
    (asserts! (is-eq (get model commitment) (get model opened)) ERR-OTHER-MODEL)
    (asserts!
      (is-eq (get seed commitment)
        (sampling-seed (get request-hash opened) (get key executor) (get beacon opened)))
      ERR-SEED)
    (asserts! (<= (get output-tokens commitment) (get max-tokens (get params opened)))
      ERR-TOO-MANY-TOKENS)
    (asserts! (<= (get prompt-tokens commitment) MAX-PROMPT-TOKENS) ERR-TOO-MANY-TOKENS)
    (asserts!
      (or (is-eq (get finish commitment) "stop") (is-eq (get finish commitment) "length"))
      ERR-FINISH)
    (asserts! (is-turn-of rank (get opened-time opened) (get fallback-window limits)) ERR-NOT-YET)
    (let ((vouched
            (try!
              (contract-call? .judges certify (verdict-digest id hash VERDICT-VALID)
                none
                host
                (try! (operator-of (get key executor)))
                verdicts))))
      (map-set requests id (merge opened {
        status: STATUS-SETTLED,
        executor: host,
        host-key: (get key executor),
        input-price: (get input-price executor),
        output-price: (get output-price executor)
      }))
      (record-result id commitment hash rank VERDICT-VALID vouched paid fee)
      (var-set open-escrow (- (var-get open-escrow) (get max-fee opened)))
      (try! (pay (- paid fee) host))
      (try! (pay refund (get user opened)))
      (try! (pay-judges fee (get cycle vouched) (map index-of-verdict verdicts)))
      (asserts!
        (try!
          (contract-call? .hosts record-outcome host OUTCOME-SETTLED
            (- paid fee)
            (+ burn-block-height (get dispute-window limits) (get judging-window limits))))
        ERR-HOST-LEFT)
      (and (get is-public opened) (> rank u0)
        (try! (miss (get host first))))
      (and (get is-public opened) (> rank u1)
        (try! (miss (get host (unwrap-panic (element-at? fallbacks u0))))))
      (print {
        event: "request-settled",
        id: id,
        user: (get user opened),
        host: host,
        rank: rank,
        paid: paid,
        fee: fee,
        refund: refund,
        commitment-hash: hash,
        commitment: commitment,
        cycle: (get cycle vouched),
        weight: (get weight vouched),
        total-weight: (get total-weight vouched)
      })
      (ok paid))))

;; Refunds the user because the signers found the answer false, and takes the host's bond: the whole
;; least bond, or `slash-multiple` times the max fee if that is more (as far as the bond goes). Same
;; certificate, verdict 2, of at least two signers. It asks only for the request hash and the
;; signature of a drawn host: a false seed or model is itself a reason.
;; @returns (ok refund) in micro-STX; u320, u321, u323, u328, u501 to u506
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
        (hash (hash-commitment commitment))
        (answered
          (try!
            (find-executor
              {
                host: (get executor opened),
                key: (get host-key opened),
                input-price: (get input-price opened),
                output-price: (get output-price opened)
              }
              (get fallbacks opened)
              hash
              host-signature)))
        (executor (get executor answered))
        (host (get host executor))
        (refund (get max-fee opened)))
    (asserts! (is-eq (get request-hash commitment) (get request-hash opened)) ERR-OTHER-REQUEST)
    (let ((vouched
            (try!
              (contract-call? .judges convict (verdict-digest id hash VERDICT-INVALID)
                none
                host
                (try! (operator-of (get key executor)))
                verdicts))))
      (map-set requests id (merge opened {
        status: STATUS-REJECTED,
        executor: host,
        host-key: (get key executor),
        input-price: (get input-price executor),
        output-price: (get output-price executor)
      }))
      (record-result id commitment hash (get rank answered) VERDICT-INVALID vouched u0 u0)
      (var-set open-escrow (- (var-get open-escrow) refund))
      (try! (pay refund (get user opened)))
      (try! (contract-call? .hosts record-outcome host OUTCOME-FAULT u0 u0))
      (let ((slash
              (try!
                (slash-host id host (get max-fee opened) (get user opened) u0 none
                  (get cycle vouched)
                  (map index-of-verdict verdicts)))))
        (print {
          event: "request-rejected",
          id: id,
          user: (get user opened),
          host: host,
          rank: (get rank answered),
          refund: refund,
          slash: slash,
          commitment-hash: hash,
          commitment: commitment,
          cycle: (get cycle vouched),
          weight: (get weight vouched),
          total-weight: (get total-weight vouched)
        })
        (ok refund)))))

;; Refunds the user after the deadline. Anyone may call. Drawn hosts have missed it if everybody could
;; read the prompt; of other prompts nobody can tell whose fault it was.
;; @returns (ok refund) in micro-STX; u320, u321, u322
(define-public (expire (id uint))
  (let ((opened (try! (get-open id)))
        (refund (get max-fee opened)))
    (asserts! (> burn-block-height (get expires-at opened)) ERR-NOT-EXPIRED)
    (map-set requests id (merge opened { status: STATUS-EXPIRED }))
    (var-set open-escrow (- (var-get open-escrow) refund))
    (try! (pay refund (get user opened)))
    (and (get is-public opened)
      (begin
        (try! (miss (get executor opened)))
        (try! (fold miss-each (get fallbacks opened) (ok true)))))
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

;; Which of the drawn hosts signed the commitment with this hash.
(define-private (find-executor
    (first { host: principal, key: (buff 33), input-price: uint, output-price: uint })
    (fallbacks (list 2 { host: principal, key: (buff 33), input-price: uint, output-price: uint }))
    (commitment-hash (buff 32))
    (signature (buff 65)))
  (let ((key
          (unwrap! (secp256k1-recover? (structured-digest commitment-hash) signature)
            ERR-HOST-SIGNATURE))
        (found
          (fold match-key fallbacks {
            key: key,
            next: u1,
            rank: u0,
            executor: (if (is-eq key (get key first)) (some first) none)
          })))
    (ok {
      rank: (get rank found),
      executor: (unwrap! (get executor found) ERR-HOST-SIGNATURE)
    })))

(define-private (match-key
    (executor { host: principal, key: (buff 33), input-price: uint, output-price: uint })
    (state {
      key: (buff 33),
      next: uint,
      rank: uint,
      executor: (optional { host: principal, key: (buff 33), input-price: uint, output-price: uint })
    }))
  (let ((next (+ (get next state) u1)))
    (if (and (is-none (get executor state)) (is-eq (get key executor) (get key state)))
      (merge state { next: next, rank: (get next state), executor: (some executor) })
      (merge state { next: next }))))

(define-private (is-turn-of (rank uint) (opened-time uint) (window uint))
  (or
    (is-eq rank u0)
    (>= (contract-call? .beacon get-time) (+ opened-time (* rank window)))))

(define-private (operator-of (key (buff 33)))
  (ok (unwrap! (principal-of? key) ERR-HOST-SIGNATURE)))

(define-private (miss (host principal))
  (contract-call? .hosts record-outcome host OUTCOME-MISSED u0 u0))

(define-private (miss-each (executor { host: principal, key: (buff 33), input-price: uint, output-price: uint }) (before (response bool uint)))
  (begin
    (try! before)
    (miss (get host executor))))

(define-private (pay (amount uint) (to principal))
  (if (is-eq amount u0)
    (ok true)
    (as-contract (stx-transfer? amount tx-sender to))))

(define-private (pay-judges (fee uint) (cycle uint) (judges (list 64 uint)))
  (if (is-eq fee u0)
    (ok u0)
    (as-contract (contract-call? .judges pay-fee fee cycle judges))))

(define-private (slash-host
    (id uint)
    (host principal)
    (max-fee uint)
    (user principal)
    (loss uint)
    (finder (optional principal))
    (cycle uint)
    (judges (list 64 uint)))
  (let ((least (contract-call? .hosts get-min-bond))
        (wanted (* max-fee (get slash-multiple (var-get parameters))))
        (slash
          (try!
            (contract-call? .judges slash host (if (> wanted least) wanted least) user loss finder
              cycle
              judges))))
    (map-set slashes-by-request id slash)
    (ok slash)))

(define-private (index-of-verdict (entry { index: uint, signature: (buff 65) }))
  (get index entry))

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
    (rank uint)
    (verdict uint)
    (vouched { cycle: uint, weight: uint, total-weight: uint })
    (paid uint)
    (fee uint))
  (map-set results id {
    commitment-hash: commitment-hash,
    output-hash: (get output-hash commitment),
    transcript-hash: (get transcript-hash commitment),
    finish: (get finish commitment),
    prompt-tokens: (get prompt-tokens commitment),
    output-tokens: (get output-tokens commitment),
    rank: rank,
    verdict: verdict,
    cycle: (get cycle vouched),
    weight: (get weight vouched),
    total-weight: (get total-weight vouched),
    paid: paid,
    fee: fee,
    closed-at: burn-block-height,
    closed-height: stacks-block-height
  }))

;; ---------------------------------------------------------------------------------------------
;; Disputes

;; Claims that a settled answer was false after all. The caller puts up a bond: `dispute-bond`, or what
;; was paid if that is more. `evidence` is the hash of what it shows to the judges. Several may
;; dispute one settlement; each has its own bond.
;; @returns (ok dispute-id); u320, u340, u341, u1 (no funds)
(define-public (dispute (id uint) (evidence (buff 32)))
  (let ((settled (unwrap! (map-get? requests id) ERR-UNKNOWN-REQUEST))
        (result (unwrap! (map-get? results id) ERR-NOT-SETTLED))
        (limits (var-get parameters))
        (least (get dispute-bond limits))
        (bond (if (> (get paid result) least) (get paid result) least))
        (dispute-id (+ (var-get last-dispute-id) u1))
        (opened {
          request-id: id,
          disputer: tx-sender,
          evidence: evidence,
          bond: bond,
          opened-at: burn-block-height,
          status: DISPUTE-OPEN
        }))
    (asserts! (is-eq (get status settled) STATUS-SETTLED) ERR-NOT-SETTLED)
    (asserts! (<= burn-block-height (+ (get closed-at result) (get dispute-window limits)))
      ERR-DISPUTE-WINDOW)
    (map-set disputes dispute-id opened)
    (var-set last-dispute-id dispute-id)
    (var-set dispute-bonds (+ (var-get dispute-bonds) bond))
    (try! (stx-transfer? bond tx-sender (as-contract tx-sender)))
    (print (merge opened { event: "dispute-opened", id: dispute-id, host: (get executor settled) }))
    (ok dispute-id)))

;; Judges of 70 % of the weight, two at least, found the settled answer false: the host loses its bond
;; as for a rejection, out of which the user gets back what it paid and the disputer a reward; the
;; disputer's bond goes back. Verdicts u2 over the dispute. Anyone may call.
;; @returns (ok slash-id); u340, u342, u343, u346, u501 to u506
(define-public (uphold
    (dispute-id uint) (verdicts (list 64 { index: uint, signature: (buff 65) })))
  (let ((disputed (try! (get-timely-dispute dispute-id)))
        (id (get request-id disputed))
        (settled (unwrap! (map-get? requests id) ERR-UNKNOWN-REQUEST))
        (result (unwrap! (map-get? results id) ERR-NOT-SETTLED))
        (host (get executor settled))
        (vouched
          (try!
            (contract-call? .judges convict
              (dispute-digest dispute-id
                (get evidence disputed)
                (get commitment-hash result)
                VERDICT-INVALID)
              none
              host
              (try! (operator-of (get host-key settled)))
              verdicts))))
    (asserts! (is-eq (get status settled) STATUS-SETTLED) ERR-NOT-SETTLED)
    (map-set requests id (merge settled { status: STATUS-REVERSED }))
    (try! (close-dispute dispute-id DISPUTE-UPHELD (get disputer disputed)))
    (try! (contract-call? .hosts record-outcome host OUTCOME-FAULT u0 u0))
    (let ((slash
            (try!
              (slash-host id host (get max-fee settled) (get user settled) (get paid result)
                (some (get disputer disputed))
                (get cycle vouched)
                (map index-of-verdict verdicts)))))
      (print { event: "dispute-upheld", id: dispute-id, request-id: id, slash: slash })
      (ok slash))))

;; Judges of 70 % of the weight found the settled answer true: the host gets the dispute's bond for its
;; trouble. Verdicts u1 over the dispute. Anyone may call.
;; @returns (ok bond); u342, u343, u346, u501 to u505
(define-public (dismiss
    (dispute-id uint) (verdicts (list 64 { index: uint, signature: (buff 65) })))
  (let ((disputed (try! (get-timely-dispute dispute-id)))
        (id (get request-id disputed))
        (settled (unwrap! (map-get? requests id) ERR-UNKNOWN-REQUEST))
        (result (unwrap! (map-get? results id) ERR-NOT-SETTLED))
        (host (get executor settled)))
    (try!
      (contract-call? .judges certify
        (dispute-digest dispute-id
          (get evidence disputed)
          (get commitment-hash result)
          VERDICT-VALID)
        none
        host
        (try! (operator-of (get host-key settled)))
        verdicts))
    (try! (close-dispute dispute-id DISPUTE-DISMISSED host))
    (print { event: "dispute-dismissed", id: dispute-id, request-id: id })
    (ok (get bond disputed))))

;; Gives a dispute's bond back that nobody decided in time, or whose request another dispute has
;; reversed already. Anyone may call.
;; @returns (ok bond); u342, u343, u344
(define-public (lapse (dispute-id uint))
  (let ((disputed (try! (get-open-dispute dispute-id)))
        (settled (unwrap! (map-get? requests (get request-id disputed)) ERR-UNKNOWN-REQUEST)))
    (asserts!
      (or
        (is-eq (get status settled) STATUS-REVERSED)
        (>= burn-block-height
          (+ (get opened-at disputed) (get judging-window (var-get parameters)))))
      ERR-DISPUTE-OPEN)
    (try! (close-dispute dispute-id DISPUTE-LAPSED (get disputer disputed)))
    (print { event: "dispute-lapsed", id: dispute-id, request-id: (get request-id disputed) })
    (ok (get bond disputed))))

(define-private (get-open-dispute (dispute-id uint))
  (let ((found (unwrap! (map-get? disputes dispute-id) ERR-UNKNOWN-DISPUTE)))
    (asserts! (is-eq (get status found) DISPUTE-OPEN) ERR-DISPUTE-CLOSED)
    (ok found)))

;; Judges have `judging-window` blocks; after that a settlement is what it is.
(define-private (get-timely-dispute (dispute-id uint))
  (let ((found (try! (get-open-dispute dispute-id))))
    (asserts!
      (< burn-block-height
        (+ (get opened-at found) (get judging-window (var-get parameters))))
      ERR-DISPUTE-OVER)
    (ok found)))

(define-private (close-dispute (dispute-id uint) (status uint) (bond-to principal))
  (let ((found (unwrap! (map-get? disputes dispute-id) ERR-UNKNOWN-DISPUTE)))
    (map-set disputes dispute-id (merge found { status: status }))
    (var-set dispute-bonds (- (var-get dispute-bonds) (get bond found)))
    (pay (get bond found) bond-to)))

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

;; A verdict in a dispute is another message than the first verdict, so that none stands for both.
(define-read-only (dispute-digest
    (dispute-id uint) (evidence (buff 32)) (commitment-hash (buff 32)) (verdict uint))
  (structured-digest
    (sha256
      (unwrap-panic
        (to-consensus-buff? {
          commitment: commitment-hash,
          dispute: dispute-id,
          evidence: evidence,
          verdict: verdict
        })))))

;; ---------------------------------------------------------------------------------------------
;; Parameters

;; Sets fee, windows, bond and slash; the governor only. Open requests keep nothing of the old ones.
;; @returns (ok true); u345, u601
(define-public (set-parameters
    (given {
      fee-rate: uint,
      fallback-window: uint,
      dispute-window: uint,
      judging-window: uint,
      dispute-bond: uint,
      slash-multiple: uint
    }))
  (begin
    (try! (contract-call? .governance check-governor contract-caller))
    (asserts! (<= (get fee-rate given) u1000) ERR-PARAMETERS)
    (asserts! (is-between (get fallback-window given) u1 u3600) ERR-PARAMETERS)
    (asserts! (is-between (get dispute-window given) u6 u1008) ERR-PARAMETERS)
    (asserts! (is-between (get judging-window given) u6 u1008) ERR-PARAMETERS)
    (asserts! (is-between (get dispute-bond given) u1 u10000000000) ERR-PARAMETERS)
    (asserts! (is-between (get slash-multiple given) u1 u100000) ERR-PARAMETERS)
    (var-set parameters given)
    (print (merge given { event: "inference-parameters" }))
    (ok true)))

(define-private (is-between (value uint) (least uint) (most uint))
  (and (>= value least) (<= value most)))

;; ---------------------------------------------------------------------------------------------
;; Reading

(define-read-only (get-parameters)
  (var-get parameters))

(define-read-only (get-request (id uint))
  (map-get? requests id))

(define-read-only (get-result (id uint))
  (map-get? results id))

(define-read-only (get-dispute (dispute-id uint))
  (map-get? disputes dispute-id))

;; For a contract that asked: is this text the verified answer to the request? False while it is not
;; settled, or when a dispute reversed it.
(define-read-only (is-answer (id uint) (text (buff 16384)))
  (match (map-get? requests id)
    found (and
      (is-eq (get status found) STATUS-SETTLED)
      (is-eq (some (sha256 text)) (get output-hash (map-get? results id))))
    false))

;; True when nothing can change any more how the request ended: it was rejected, reversed or expired, or
;; it was settled and the time for disputes and for judging them is over.
(define-read-only (is-final (id uint))
  (match (map-get? requests id)
    found (if (is-eq (get status found) STATUS-SETTLED)
      (let ((limits (var-get parameters)))
        (>= burn-block-height
          (+
            (default-to u0 (get closed-at (map-get? results id)))
            (get dispute-window limits)
            (get judging-window limits))))
      (not (is-eq (get status found) STATUS-OPEN)))
    false))

;; Stacks height at which a certificate closed the request; none before.
(define-read-only (get-closed-height (id uint))
  (get closed-height (map-get? results id)))

;; The slash of a rejected or reversed request.
(define-read-only (get-slash-of (id uint))
  (map-get? slashes-by-request id))

(define-read-only (get-last-request-id)
  (var-get last-request-id))

(define-read-only (get-open-escrow)
  (var-get open-escrow))

(define-read-only (get-dispute-bonds)
  (var-get dispute-bonds))
