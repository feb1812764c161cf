// What ThreadSanitizer is told to leave alone, built into every test: the runtime's own threads
// (intra_op_threads above 1). Its library is not instrumented, so that ThreadSanitizer sees neither
// its locks nor its atomics.
extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() { return "race:libonnxruntime.so\n"; }
