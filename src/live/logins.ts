import type { ExecCredential, ExecOutcome } from './execPlugin';

/** Runs a login program; `timeLimitMs` is how long a person may take to answer it. */
export type RunLogin = (timeLimitMs: number, signal?: AbortSignal) => Promise<ExecOutcome>;

/** The login that every context with the same program and arguments in one kubeconfig shares. */
export interface SharedLogin {
  /** What is held, else what one run of the program gives: for however many wait for it. */
  credential(run: RunLogin): Promise<ExecOutcome>;
  /** The server has refused it. */
  forget(refused: ExecCredential): void;
  /** Runs the program whatever is held, with time for a person to answer. */
  signIn(run: RunLogin, signal: AbortSignal): Promise<ExecOutcome>;
}

export interface Logins {
  of(key: string, program: string): SharedLogin;
}

export interface LoginsInput {
  readonly clock: () => number;
  readonly timeLimitMs: number;
}

/** A token that ends within this time would end under way. */
export const EXPIRY_SKEW_MS = 10_000;
/** A program that failed is left alone for a moment: rows that are expanded together run it once. */
const LEFT_ALONE_MS = 10_000;
/** One that waited for a person in vain has a browser tab open; the next one would open another. */
const ABANDONED_MS = 120_000;
/** From this long on, a failed run counts as one that a person was asked in. */
const ASKED_MS = 5_000;
/** A person finds a phone, types a password, confirms. */
const SIGN_IN_MS = 300_000;

interface Failure {
  readonly outcome: ExecOutcome;
  readonly untilMs: number;
}

interface Held {
  credential?: ExecCredential;
  failure?: Failure;
  running?: Promise<ExecOutcome>;
}

/** Runs of one program, one after the other. */
interface Queue {
  tail: Promise<unknown>;
  abandoned?: Failure;
}

export function createLogins({ clock, timeLimitMs }: LoginsInput): Logins {
  const held = new Map<string, Held>();
  const queues = new Map<string, Queue>();
  return {
    of(key, program) {
      const login = held.get(key) ?? {};
      held.set(key, login);
      const queue = queues.get(program) ?? { tail: Promise.resolve() };
      queues.set(program, queue);
      return createSharedLogin({ login, queue, clock, timeLimitMs });
    },
  };
}

interface Shared extends LoginsInput {
  readonly login: Held;
  readonly queue: Queue;
}

function createSharedLogin({ login, queue, clock, timeLimitMs }: Shared): SharedLogin {
  const standing = (failure: Failure | undefined): ExecOutcome | undefined =>
    failure !== undefined && failure.untilMs > clock() ? failure.outcome : undefined;
  const timed = async (run: () => Promise<ExecOutcome>): Promise<ExecOutcome> => {
    const startedMs = clock();
    const outcome = await run();
    settle({ login, queue }, outcome, { startedMs, nowMs: clock() });
    return outcome;
  };
  return {
    async credential(run) {
      if (isValid(login.credential, clock())) return { kind: 'ok', credential: login.credential };
      const failure = standing(login.failure);
      if (failure !== undefined) return failure;
      login.running ??= enqueue({ login, queue }, async () => {
        // Another login by the same program was left unanswered while this one waited.
        return standing(queue.abandoned) ?? (await timed(() => run(timeLimitMs)));
      });
      return await login.running;
    },
    forget(refused) {
      if (login.credential === refused) delete login.credential;
    },
    async signIn(run, signal) {
      delete login.failure;
      delete queue.abandoned;
      login.running = enqueue({ login, queue }, () => timed(() => run(SIGN_IN_MS, signal)));
      return await login.running;
    },
  };
}

type Places = Pick<Shared, 'login' | 'queue'>;

function enqueue({ login, queue }: Places, run: () => Promise<ExecOutcome>): Promise<ExecOutcome> {
  const outcome = queue.tail.then(run);
  queue.tail = outcome.catch(() => undefined);
  return outcome.finally(() => delete login.running);
}

function settle(
  { login, queue }: Places,
  outcome: ExecOutcome,
  { startedMs, nowMs }: { readonly startedMs: number; readonly nowMs: number },
): void {
  delete login.credential;
  delete login.failure;
  if (outcome.kind === 'ok') {
    login.credential = outcome.credential;
    delete queue.abandoned;
    return;
  }
  const isAbandoned = nowMs - startedMs >= ASKED_MS;
  login.failure = { outcome, untilMs: nowMs + (isAbandoned ? ABANDONED_MS : LEFT_ALONE_MS) };
  if (isAbandoned) queue.abandoned = login.failure;
}

function isValid(
  credential: ExecCredential | undefined,
  nowMs: number,
): credential is ExecCredential {
  if (credential === undefined) return false;
  return credential.expiresAtMs === undefined || credential.expiresAtMs - EXPIRY_SKEW_MS > nowMs;
}
