/* What the C listings of find-the-line leave out. */
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

struct buffer { char *text; size_t len; };

void append(struct buffer *to, const char *chunk, ssize_t n);
int ends_with(const struct buffer *b, char c);
const struct buffer *answer(const struct buffer *request);
void write_all(int fd, const struct buffer *b);
void remember(int fd);
struct sockaddr_in ipv4(uint32_t addr, uint16_t port);
int running(void);
int restarted(void);
