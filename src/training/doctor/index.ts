/** A look at a set-up before anything moves. */
export type { Check, Finding, FindingLevel } from "./check.ts";
export { CHECKS, type DoctorReport, runDoctor } from "./run_doctor.ts";
export type { Attempt, Subject } from "./subject.ts";
