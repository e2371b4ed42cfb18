/**
 * A project that cannot be used. The message names the file and what to do; it is shown to the
 * author of the project as it is. Thrown, because a test runner has nobody else to tell.
 */
export class ProjectError extends Error {
  override readonly name = 'ProjectError';
}
