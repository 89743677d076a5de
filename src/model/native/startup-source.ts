/**
 * C++ of a second, small addon, `startup.node`, which is loaded before the package's own:
 *
 * 1. TensorFlow's library logs that oneDNN is on while it is being loaded, before anything can tell it not to: absl
 *    writes everything to stderr until it is initialised, whatever TF_CPP_MIN_LOG_LEVEL says. So unless that level
 *    asks for information (0), the library is opened while stderr points nowhere. A failure to open it is not lost: the
 *    package's addon, which comes next, fails in the same way.
 * 2. TensorFlow opens CUDA's libraries (`lib*.so.<version>`) by name when it first looks for devices. Those of the nvidia-* wheels lie
 *    under `nvidia/` beside it, where the system does not look; once they are open, a name finds them. They need each
 *    other, so passes are made until no more of them open. Without `nvidia/` this does nothing.
 */
export const startupSource = `
#include <dlfcn.h>
#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace fs = std::filesystem;

namespace {

// This addon is lib/napi-v8/startup.node in the folder that setUpNative made.
fs::path Home() {
  Dl_info self;
  std::error_code failed;
  if (dladdr(reinterpret_cast<void*>(&Home), &self) == 0) return {};
  return fs::canonical(self.dli_fname, failed).parent_path().parent_path().parent_path();
}

void OpenTensorFlowQuietly(const fs::path& home) {
  const char* level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  if (level == nullptr || level[0] == '0') return;
  std::fflush(stderr);
  const int kept = dup(STDERR_FILENO);
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (kept >= 0 && nowhere >= 0) {
    dup2(nowhere, STDERR_FILENO);
    dlopen((home / "tensorflow" / "libtensorflow_framework.so.2").c_str(), RTLD_LAZY);
    std::fflush(stderr);
    dup2(kept, STDERR_FILENO);
  }
  if (kept >= 0) close(kept);
  if (nowhere >= 0) close(nowhere);
}

void OpenCudaLibraries(const fs::path& home) {
  std::error_code ignored;
  std::vector<fs::path> closed;
  for (fs::directory_iterator part(home / "nvidia", ignored), end; part != end; part.increment(ignored)) {
    for (fs::directory_iterator file(part->path() / "lib", ignored); file != end; file.increment(ignored)) {
      if (file->path().filename().string().find(".so.") != std::string::npos) closed.push_back(file->path());
    }
  }
  for (bool progress = true; progress && !closed.empty();) {
    std::vector<fs::path> still_closed;
    for (const fs::path& file : closed) {
      if (dlopen(file.c_str(), RTLD_LAZY | RTLD_GLOBAL) == nullptr) still_closed.push_back(file);
    }
    progress = still_closed.size() < closed.size();
    closed.swap(still_closed);
  }
}

}  // namespace

NAPI_MODULE_INIT() {
  OpenTensorFlowQuietly(Home());
  OpenCudaLibraries(Home());
  return exports;
}
`;
