/** The driver's own library: comes with the driver only. */
export const driverLibrary = "libcuda.so.1";
export const cudaLibraries = [
  "libcudart.so.13",
  "libcublasLt.so.13",
  "libcublas.so.13",
  "libcurand.so.10",
  "libnvJitLink.so.13",
  "libcufft.so.12",
  "libnvrtc.so.13",
  "libcudnn.so.9",
];
