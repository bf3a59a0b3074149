export type { ConditionalSampler, Like, Sampler } from "./sampler.js"; // what every sampler can do
