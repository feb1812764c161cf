// Tells ThreadSanitizer to ignore the runtime's own threads (intra_op_threads above 1); every test
// has this built in. The runtime's library is not instrumented, so ThreadSanitizer sees neither its
// locks nor its atomics.
extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() { return "race:libonnxruntime.so\n"; }
