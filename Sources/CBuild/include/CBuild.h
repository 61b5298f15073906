/// The commit that this program was built from, as git abbreviates it; empty where the build was not told.
const char *_Nonnull bgdemo_commit(void);
