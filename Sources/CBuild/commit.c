#include "CBuild.h"

// In C, and apart, so that another commit compiles this file and links again, and nothing else.
#ifndef BGDEMO_COMMIT
#define BGDEMO_COMMIT ""
#endif

const char *bgdemo_commit(void) { return BGDEMO_COMMIT; }
