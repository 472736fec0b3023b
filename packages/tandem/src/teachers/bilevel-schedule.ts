/** The numbers of a bilevel update that change with the epoch, counted from 1. */
export interface BilevelSchedule {
  /** Strength of the pull. */
  lambda(epoch: number): number;
  /** Learning rate of the teacher. */
  tau(epoch: number): number;
  /** The part of the way to the student that the teacher goes at its step. */
  teacherRate(epoch: number): number;
}

/** What the schedule is made from; the options say what each means. */
export interface BilevelRates {
  /** Proximal strength lambda of epoch 1, above 0. */
  readonly lambda0: number;
  /** The teacher's learning rate tau of epoch 1; follows from `eta` where absent. */
  readonly tau0?: number | undefined;
  /** 1 - tau lambda: what the teacher keeps of itself, from 0 to below 1. */
  readonly eta: number;
  /** lambda_e = lambda0 e, or lambda0. */
  readonly lambdaSchedule: 'linear' | 'constant';
  /** How tau goes over the epochs. */
  readonly tauSchedule: 'inverse' | 'constant' | 'base-lambda';
  /** Whether the teacher moves by tau_e lambda_e, or always by 1 - eta. */
  readonly teacherRule: 'sgd' | 'ema';
}

/**
 * lambda_e = lambda0 e and tau_e = tau0 / e leave the teacher's rate tau_e lambda_e at 1 - eta for
 * every epoch, so that the schedule changes the pull alone. The reading `base-lambda` takes lambda0
 * in the teacher's step: 1 / e with its own default tau0 = 1 / lambda0.
 */
export function bilevelSchedule(options: BilevelRates): BilevelSchedule {
  const { lambda0, tau0, eta, lambdaSchedule, tauSchedule, teacherRule } = options;
  const tau1 = tau0 ?? (tauSchedule === 'base-lambda' ? 1 : 1 - eta) / lambda0;
  const lambda = (epoch: number) => (lambdaSchedule === 'linear' ? lambda0 * epoch : lambda0);
  const tau = (epoch: number) => (tauSchedule === 'constant' ? tau1 : tau1 / epoch);
  return {
    lambda,
    tau,
    teacherRate(epoch) {
      if (teacherRule === 'ema') return 1 - eta;
      return tau(epoch) * (tauSchedule === 'base-lambda' ? lambda0 : lambda(epoch));
    },
  };
}
