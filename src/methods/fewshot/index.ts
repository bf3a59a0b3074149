export { type Episode, type EpisodeLossOptions, type EpisodeTerm, episodeLoss } from "./episode-loss.js"; // losses of an episode, averaged — Mendez-Ruiz et al. 2023
export { type IcnnScoreOptions, icnnLoss, icnnScore, type LabelledPoints } from "./icnn-score.js"; // how well neighbours agree on classes — Mendez-Ruiz et al. 2023
export { type ProtoTripletLossOptions, protoTripletLoss } from "./proto-triplet-loss.js"; // nearer to the own prototype than to any other — Mendez-Ruiz et al. 2023
export { prototypes } from "./prototypes.js"; // means of classes — Snell et al. 2017
