#include "tests/federator/disk.h"

#include <errno.h>
#include <pthread.h>

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool fails, hangs;
	int hung;
} disk = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

int __wrap_fdatasync(int fd)
{
	bool fails;

	pthread_mutex_lock(&disk.lock);
	disk.hung++;
	pthread_cond_broadcast(&disk.changed);
	while (disk.hangs)
		pthread_cond_wait(&disk.changed, &disk.lock);
	disk.hung--;
	fails = disk.fails;
	pthread_mutex_unlock(&disk.lock);
	errno = EIO;
	return fails ? -1 : __real_fdatasync(fd);
}

void disk_is(bool fails, bool hangs)
{
	pthread_mutex_lock(&disk.lock);
	disk.fails = fails;
	disk.hangs = hangs;
	pthread_cond_broadcast(&disk.changed);
	pthread_mutex_unlock(&disk.lock);
}

void disk_wait_hung(void)
{
	pthread_mutex_lock(&disk.lock);
	while (!disk.hangs || !disk.hung)
		pthread_cond_wait(&disk.changed, &disk.lock);
	pthread_mutex_unlock(&disk.lock);
}
