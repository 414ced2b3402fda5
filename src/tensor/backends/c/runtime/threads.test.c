/* Opens many regions of varying sizes, functions and contexts, and counts which task ran of which region. */
#include <stdio.h>

enum { MOST_TASKS = 37, FUNCTIONS = 3 };

struct region {
  unsigned long number;
  int function, tasks;
  unsigned long sum[MOST_TASKS]; /* plain memory, as a step's: ordering is the pool's business */
  int runs[MOST_TASKS];
};

static atomic_int errors;

static void run_one(const struct region *given, int task, int function) {
  struct region *region = (struct region *)given;
  if (region->function != function || task < 0 || task >= region->tasks) {
    atomic_fetch_add(&errors, 1);
    return;
  }
  region->runs[task]++;
  region->sum[task] += region->number;
  if (region->number % 5 == 0) for (volatile int i = 0; i < 200; i++) {}
}
static void task_0(const void *context, int task) { run_one(context, task, 0); }
static void task_1(const void *context, int task) { run_one(context, task, 1); }
static void task_2(const void *context, int task) { run_one(context, task, 2); }
static task_fn *const TASKS[FUNCTIONS] = {task_0, task_1, task_2};

int main(int count, char **arguments) {
  const int threads = atoi(arguments[1]), regions = atoi(arguments[2]), pause_every = count > 3 ? atoi(arguments[3]) : 0;
  struct pool *pool = pool_new(threads);
  unsigned long random = 88172645463325252ul;
  for (int i = 0; i < regions; i++) {
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    /* On the stack: a late worker with this context would write into the next region's. */
    struct region region = {.number = i, .function = (int)(random % FUNCTIONS), .tasks = 1 + (int)(random >> 20) % MOST_TASKS};
    if (region.tasks < 1) region.tasks = 1 - region.tasks;
    run_tasks(pool, TASKS[region.function], &region, region.tasks);
    for (int task = 0; task < region.tasks; task++)
      if (region.runs[task] != 1 || region.sum[task] != region.number) atomic_fetch_add(&errors, 1);
    if (pause_every > 0 && i % pause_every == 0) nanosleep(&(struct timespec){.tv_nsec = 1200000}, 0);
  }
  pool_free(pool);
  printf("%d\n", atomic_load(&errors));
  return 0;
}
