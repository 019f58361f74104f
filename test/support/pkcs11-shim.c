/* An HSM that fails when told so: a PKCS #11 module that passes every call to a real one, but for the fault that the
   file FAULTS names at that moment. LOGINS gets a line for each C_Login. REAL, FAULTS and LOGINS are given by -D.

     ok               nothing is wrong
     sign-errors      the HSM throttles: signing answers CKR_DEVICE_ERROR
     gone             no HSM answers any more: CKR_TOKEN_NOT_PRESENT, CKR_DEVICE_REMOVED
     lost <n>         all sessions of each process that sees a new <n> are closed, and with them its login
     pin-refused <n>  the same as lost <n>, and no login is let in any more
     slow <us>        each signature takes so many microseconds longer */

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pkcs11.h"

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST ours;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long epoch = 0;

static long fault(const char *name) {
  char text[64] = {0};
  int file = open(FAULTS, O_RDONLY);
  if (file < 0) return -1;
  ssize_t got = read(file, text, sizeof text - 1);
  close(file);
  size_t length = strlen(name);
  if (got <= 0 || strncmp(text, name, length) != 0) return -1;
  return atol(text + length);
}

static long lostNumber(void) {
  long lost = fault("lost");
  if (lost < 0) lost = fault("pin-refused");
  return lost < 0 ? 0 : lost;
}

static void closeAll(void) {
  CK_SLOT_ID slots[16];
  CK_ULONG count = 16;
  if (real->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK) return;
  for (CK_ULONG at = 0; at < count; at++) real->C_CloseAllSessions(slots[at]);
}

/* Asked before each call that needs a session. */
static CK_RV before(void) {
  if (fault("gone") >= 0) return CKR_DEVICE_REMOVED;
  long now = lostNumber();
  if (now > 0) {
    pthread_mutex_lock(&lock);
    if (now != epoch) {
      epoch = now;
      closeAll();
    }
    pthread_mutex_unlock(&lock);
  }
  return CKR_OK;
}

#define GUARD                    \
  do {                           \
    CK_RV trouble = before();    \
    if (trouble) return trouble; \
  } while (0)

static void delay(void) {
  long slow = fault("slow");
  if (slow > 0) usleep((useconds_t)slow);
}

/* A signature that fails ends the operation all the same (PKCS #11 v2.40, 5.11). */
static CK_RV after(CK_RV answer) {
  return answer == CKR_OK && fault("sign-errors") >= 0 ? CKR_DEVICE_ERROR : answer;
}

static CK_RV openSession(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR app, CK_NOTIFY notify, CK_SESSION_HANDLE_PTR session) {
  if (fault("gone") >= 0) return CKR_TOKEN_NOT_PRESENT;
  GUARD;
  return real->C_OpenSession(slot, flags, app, notify, session);
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG length) {
  GUARD;
  CK_RV answer = fault("pin-refused") >= 0 ? CKR_PIN_INCORRECT : real->C_Login(session, user, pin, length);
  FILE *file = fopen(LOGINS, "a");
  if (file) {
    fprintf(file, "%d 0x%lx\n", (int)getpid(), answer);
    fclose(file);
  }
  return answer;
}

static CK_RV findInit(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR template, CK_ULONG count) {
  GUARD;
  return real->C_FindObjectsInit(session, template, count);
}

static CK_RV attributes(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR template, CK_ULONG count) {
  GUARD;
  return real->C_GetAttributeValue(session, object, template, count);
}

static CK_RV signInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  GUARD;
  return real->C_SignInit(session, mechanism, key);
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG length, CK_BYTE_PTR out, CK_ULONG_PTR outLength) {
  GUARD;
  delay();
  /* Without a buffer it only tells a length. */
  CK_RV answer = real->C_Sign(session, data, length, out, outLength);
  return out ? after(answer) : answer;
}

static CK_RV signFinal(CK_SESSION_HANDLE session, CK_BYTE_PTR out, CK_ULONG_PTR outLength) {
  GUARD;
  delay();
  CK_RV answer = real->C_SignFinal(session, out, outLength);
  return out ? after(answer) : answer;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list) {
  pthread_mutex_lock(&lock);
  if (!real) {
    void *module = dlopen(REAL, RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get = module ? (CK_C_GetFunctionList)dlsym(module, "C_GetFunctionList") : 0;
    if (get && get(&real) == CKR_OK) {
      ours = *real;
      ours.C_GetFunctionList = C_GetFunctionList;
      ours.C_OpenSession = openSession;
      ours.C_Login = login;
      ours.C_FindObjectsInit = findInit;
      ours.C_GetAttributeValue = attributes;
      ours.C_SignInit = signInit;
      ours.C_Sign = sign;
      ours.C_SignFinal = signFinal;
      /* Who a process forked from had seen the fault does not matter to it. */
      epoch = lostNumber();
    }
  }
  pthread_mutex_unlock(&lock);
  *list = &ours;
  return real ? CKR_OK : CKR_GENERAL_ERROR;
}
