/* One may
   throw here. */
const char* text = "throw 1";
void fail() { throw 1; }
