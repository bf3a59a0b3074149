export { checkClose as expectClose } from "cotangent/testing";
