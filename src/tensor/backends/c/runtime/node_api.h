/*
 * The step as a Node addon. Node-API is a stable C interface, so that the few functions needed are declared here, and no
 * headers, packages or generated bindings are. Handles and addresses cross as plain numbers: they are below 2^53.
 *
 *   createPool(threads) -> pool          one per JavaScript thread and number of threads, shared between libraries
 *   releasePool(pool)                    joins the threads; only in the library that created it
 *   create(pool, arenaBytes, slots) -> session
 *   run(session, table)                  a Float64Array with the address of every slot's memory
 *   release(session)
 *   address(typedArray) -> number
 */
#include <stddef.h>
#ifdef __APPLE__
#include <dlfcn.h>
#endif

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
extern int napi_get_cb_info(napi_env, napi_callback_info, size_t *, napi_value *, napi_value *, void **);
extern int napi_get_typedarray_info(napi_env, napi_value, int *, size_t *, void **, napi_value *, size_t *);
extern int napi_get_value_double(napi_env, napi_value, double *);
extern int napi_create_double(napi_env, double, napi_value *);
extern int napi_create_function(napi_env, const char *, size_t, napi_callback, void *, napi_value *);
extern int napi_set_named_property(napi_env, napi_value, const char *, napi_value);
extern int napi_throw_error(napi_env, const char *, const char *);
extern int napi_add_env_cleanup_hook(napi_env, void (*)(void *), void *);
extern int napi_remove_env_cleanup_hook(napi_env, void (*)(void *), void *);

#define ARENA_ALIGNMENT 64

struct session {
  struct pool *pool;
  void *allocated;
  char *arena; /* the same, from its first address that is a multiple of ARENA_ALIGNMENT */
  size_t slot_count;
  void *slots[];
};

static double number_of(napi_env env, napi_value value) {
  double number = 0;
  napi_get_value_double(env, value, &number);
  return number;
}

static void *pointer_of(napi_env env, napi_value value) { return (void *)(uintptr_t)number_of(env, value); }

static napi_value pointer_value(napi_env env, const void *pointer) {
  napi_value value = 0;
  napi_create_double(env, (double)(uintptr_t)pointer, &value);
  return value;
}

/* Missing arguments are `undefined`, which reads as 0. */
static void arguments_of(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
  napi_get_cb_info(env, info, &count, values, 0, 0);
}

/* Hooks run when the thread's environment ends, however it ends, before its libraries are closed. */
static void pool_hook(void *pool) { pool_free(pool); }

static void session_hook(void *argument) {
  struct session *session = argument;
  free(session->allocated);
  free(session);
}

static napi_value js_create_pool(napi_env env, napi_callback_info info) {
  napi_value values[1];
  arguments_of(env, info, 1, values);
  struct pool *pool = pool_new((int)number_of(env, values[0]));
  if (pool == 0) {
    napi_throw_error(env, "ENOMEM", "no memory for a pool of threads");
    return 0;
  }
  napi_add_env_cleanup_hook(env, pool_hook, pool);
  return pointer_value(env, pool);
}

static napi_value js_release_pool(napi_env env, napi_callback_info info) {
  napi_value values[1];
  arguments_of(env, info, 1, values);
  struct pool *pool = pointer_of(env, values[0]);
  napi_remove_env_cleanup_hook(env, pool_hook, pool);
  pool_free(pool);
  return 0;
}

static napi_value js_create(napi_env env, napi_callback_info info) {
  napi_value values[3];
  arguments_of(env, info, 3, values);
  const size_t arena_bytes = (size_t)number_of(env, values[1]), slot_count = (size_t)number_of(env, values[2]);
  struct session *session = calloc(1, sizeof(struct session) + slot_count * sizeof(void *));
  /* The system's pages are zeros already: only the first run touches them. */
  void *allocated = calloc(1, arena_bytes + ARENA_ALIGNMENT);
  if (session == 0 || allocated == 0) {
    free(session);
    free(allocated);
    napi_throw_error(env, "ENOMEM", "no memory for a compiled step");
    return 0;
  }
  session->pool = pointer_of(env, values[0]);
  session->allocated = allocated;
  session->arena = (char *)(((uintptr_t)allocated + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT);
  session->slot_count = slot_count;
  napi_add_env_cleanup_hook(env, session_hook, session);
  return pointer_value(env, session);
}

static napi_value js_run(napi_env env, napi_callback_info info) {
  napi_value values[2];
  arguments_of(env, info, 2, values);
  struct session *session = pointer_of(env, values[0]);
  size_t length = 0;
  void *data = 0;
  napi_get_typedarray_info(env, values[1], 0, &length, &data, 0, 0);
  if (session == 0 || length != session->slot_count) {
    napi_throw_error(env, "EINVAL", "the table does not have an address for every slot");
    return 0;
  }
  const double *table = data;
  for (size_t i = 0; i < length; i++) session->slots[i] = (void *)(uintptr_t)table[i];
  handrail_step(session->pool, session->arena, session->slots);
  return 0;
}

static napi_value js_release(napi_env env, napi_callback_info info) {
  napi_value values[1];
  arguments_of(env, info, 1, values);
  struct session *session = pointer_of(env, values[0]);
  napi_remove_env_cleanup_hook(env, session_hook, session);
  session_hook(session);
  return 0;
}

static napi_value js_address(napi_env env, napi_callback_info info) {
  napi_value values[1];
  arguments_of(env, info, 1, values);
  void *data = 0;
  napi_get_typedarray_info(env, values[0], 0, 0, &data, 0, 0);
  return pointer_value(env, data);
}

#if defined(__APPLE__)
/* Node closes an addon when the worker thread that loaded it ends; another thread may still use the library's pool. The
 * linkers of other systems have an option for this. */
static void stay_loaded(void) {
  Dl_info self;
  if (dladdr((const void *)js_run, &self) != 0) dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}
#else
static void stay_loaded(void) {}
#endif

static void export_function(napi_env env, napi_value exports, const char *name, napi_callback function) {
  napi_value value = 0;
  napi_create_function(env, name, strlen(name), function, 0, &value);
  napi_set_named_property(env, exports, name, value);
}

__attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  stay_loaded();
  export_function(env, exports, "createPool", js_create_pool);
  export_function(env, exports, "releasePool", js_release_pool);
  export_function(env, exports, "create", js_create);
  export_function(env, exports, "run", js_run);
  export_function(env, exports, "release", js_release);
  export_function(env, exports, "address", js_address);
  return exports;
}
