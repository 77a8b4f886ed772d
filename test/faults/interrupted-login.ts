import type { Page } from '../support/browser.ts';
import { describeAnswer, isBrokenOff } from '../support/describe-answer.ts';
import type { Answer } from '../support/simple-client.ts';
import { STEPS, type Step, SteppedLogin } from '../support/stepped-login.ts';
import type { FaultStage, Policy } from './fault-stage.ts';

const THIEF = 'x-thief';
const BEGUN = 'begins';

/** A login that meets a fault. The client's result is described as in the fault table. */
export class InterruptedLogin implements AsyncDisposable {
  readonly policy: Policy;
  readonly #client: ReturnType<FaultStage['client']>;
  readonly #login: SteppedLogin;
  #next = 0;

  constructor(stage: FaultStage, policy: Policy) {
    this.policy = policy;
    this.#client = stage.client(policy);
    this.#login = new SteppedLogin(this.#client, {
      headers: { accept: 'application/json' },
      username: policy,
    });
  }

  get code(): string {
    return this.#login.code;
  }

  /** Continues up to the beginning of a step. */
  async goTo(step: Step): Promise<void> {
    while (STEPS[this.#next] !== step) {
      const seen = await this.#take();
      if (seen !== undefined) throw new Error(`${STEPS[this.#next]}: ${seen}`);
    }
  }

  /** Continues to the end: `logs in`, or the result at which the client stops. */
  async goOn(): Promise<string> {
    const begun = this.#next;
    while (this.#next < STEPS.length) {
      const seen = await this.#take();
      if (seen !== undefined) return this.#next === begun ? seen : `${STEPS[this.#next]}: ${seen}`;
    }
    return 'logs in';
  }

  /** One step only. */
  async begin(): Promise<string> {
    return (await this.#take()) ?? BEGUN;
  }

  /** The remaining steps, including the failed one again. */
  async goOnAfter(seen: string): Promise<string> {
    if (seen === BEGUN) return `${BEGUN}; then: ${await this.goOn()}`;
    return /^(redeem: )?(50\d|broken off)/.test(seen) ? `${seen}; again: ${await this.goOn()}` : seen;
  }

  /** Redeems the code without its verifier, and again after its redemption. */
  async steal(): Promise<Answer> {
    return this.#client.redeem(this.code, { code_verifier: undefined }, { [THIEF]: 'yes' });
  }

  async replay(): Promise<Answer> {
    return this.#client.redeem(this.code);
  }

  /** One step; `undefined` if it worked. */
  async #take(): Promise<string | undefined> {
    const step = STEPS[this.#next];
    if (step === undefined) throw new Error('this login is complete');
    let answer: Page | Answer;
    try {
      answer = await this.#login[step]();
    } catch (error) {
      if (!isBrokenOff(error)) throw error;
      return 'broken off';
    }
    const worked = step === 'redeem' ? answer.status === 200 : answer.status === 302;
    if (!worked) return describeAnswer(answer);
    this.#next += 1;
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#login[Symbol.asyncDispose]();
  }

  /** The number of thefts that reached the server. */
  static thievesAt({ upstream }: FaultStage): number {
    return upstream.tokenRequests.filter(({ headers }) => headers[THIEF] !== undefined).length;
  }
}
