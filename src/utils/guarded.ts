/**
 * Listeners of what strangers cause. An error that leaves an event listener, or a promise of one that nobody waits for, ends
 * the whole process, and with it the robot's control. A guarded listener hands it to whoever reports it.
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
