/**
 * The encoders of a run: that which learns, that which follows, and the average of the weights of
 * the first.
 */
export const encoderNames = ['student', 'teacher', 'average'] as const;
/** One of them. */
export type EncoderName = (typeof encoderNames)[number];

/** Its column of k-NN accuracies in `metrics.jsonl`. */
export function knnColumn(name: EncoderName): `knn${Capitalize<EncoderName>}` {
  return ({ student: 'knnStudent', teacher: 'knnTeacher', average: 'knnAverage' } as const)[name];
}
