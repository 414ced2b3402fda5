/**
 * Guards event listeners that remote peers trigger. An error that escapes a listener, or a rejected promise without a
 * handler, ends the whole process and with it the robot's control. A guarded listener passes it to an error callback.
 */
export function guarded<Arguments extends readonly unknown[]>(
  listener: (...args: Arguments) => unknown,
  onError: (error: unknown) => void,
): (...args: Arguments) => void {
  return (...args) => {
    try {
      const result = listener(...args);
      if (result instanceof Promise) result.catch(onError);
    } catch (error) {
      onError(error);
    }
  };
}
