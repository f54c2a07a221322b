// A library with the names and layouts of NVML that the meter calls, for tests on machines without a GPU. It stands in for the calling
// convention alone: its numbers are round and chosen, a load of 50 W by a counter that moves every 100 ms, and no test takes them for a
// GPU's. Layouts follow the NVML API reference; compiling them proves the byte offsets that nvml.ts uses.
#include <string.h>
#include <time.h>

enum { SUCCESS = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, DRIVER_NOT_LOADED = 9 };
enum { REFUSE_ENERGY = 1, REFUSE_FIELDS = 2, REFUSE_AVERAGE = 4, REFUSE_INIT = 8 };

typedef struct { int unused; } *Device;
typedef struct {
  unsigned int fieldId, scopeId;
  long long timestamp, latencyUsec;
  int valueType, nvmlReturn;
  union { double dVal; unsigned int uiVal; unsigned long long ullVal; } value;
} FieldValue;
typedef struct { unsigned int gpu, memory; } Utilization;

static int gpu, initialized, refused;

// Not NVML's: lets a test say which calls fail.
void stand_in_refuse(int calls) { refused = calls; }

static int check(Device device) {
  if (__atomic_load_n(&initialized, __ATOMIC_SEQ_CST) == 0) return UNINITIALIZED;
  return (void *)device == (void *)&gpu ? SUCCESS : INVALID_ARGUMENT;
}

int nvmlInit_v2(void) {
  if (refused & REFUSE_INIT) return DRIVER_NOT_LOADED;
  __atomic_add_fetch(&initialized, 1, __ATOMIC_SEQ_CST);
  return SUCCESS;
}

int nvmlShutdown(void) {
  __atomic_sub_fetch(&initialized, 1, __ATOMIC_SEQ_CST);
  return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, Device *device) {
  if (index != 0) return INVALID_ARGUMENT;
  *device = (Device)&gpu;
  return SUCCESS;
}

int nvmlSystemGetDriverVersion(char *version, unsigned int length) {
  strncpy(version, "0.0 (stand-in)", length);
  return SUCCESS;
}

int nvmlDeviceGetName(Device device, char *name, unsigned int length) {
  strncpy(name, "Stand-in", length);
  return check(device);
}

int nvmlDeviceGetTotalEnergyConsumption(Device device, unsigned long long *energy) {
  struct timespec now;
  if (refused & REFUSE_ENERGY) return NOT_SUPPORTED;
  clock_gettime(CLOCK_REALTIME, &now);
  *energy = (now.tv_sec * 10ULL + now.tv_nsec / 100000000) * 100 * 50;
  return check(device);
}

int nvmlDeviceGetPowerUsage(Device device, unsigned int *power) {
  *power = 49000;
  return check(device);
}

int nvmlDeviceGetFieldValues(Device device, int count, FieldValue *values) {
  if (refused & REFUSE_FIELDS) return NOT_SUPPORTED;
  for (int i = 0; i < count; i++) {
    int average = values[i].fieldId == 185, instant = values[i].fieldId == 186;
    values[i].nvmlReturn = (average && !(refused & REFUSE_AVERAGE)) || instant ? SUCCESS : NOT_SUPPORTED;
    values[i].valueType = 1;
    values[i].value.uiVal = average ? 48000 : 50000;
  }
  return check(device);
}

int nvmlDeviceGetClockInfo(Device device, unsigned int type, unsigned int *clock) {
  *clock = type == 1 ? 1000 : type == 2 ? 2000 : 0;
  return check(device);
}

int nvmlDeviceGetTemperature(Device device, unsigned int sensor, unsigned int *temperature) {
  *temperature = sensor == 0 ? 40 : 0;
  return check(device);
}

// Only the older name, as in drivers before 535.
int nvmlDeviceGetCurrentClocksThrottleReasons(Device device, unsigned long long *reasons) {
  *reasons = 0x4;
  return check(device);
}

int nvmlDeviceGetUtilizationRates(Device device, Utilization *utilization) {
  utilization->gpu = 75;
  utilization->memory = 10;
  return check(device);
}

// nvmlDeviceGetEnforcedPowerLimit is missing on purpose: a library may lack a function.
