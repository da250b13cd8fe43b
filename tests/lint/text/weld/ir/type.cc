// space 
#define A	
int x = 1;  // TODO later
// see /home/me
int y;