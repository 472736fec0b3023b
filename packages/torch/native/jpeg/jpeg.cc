// A JPEG to planes of bytes, by libjpeg-turbo and without libvips, in Node's worker threads: an
// addon of its own, which loads no libtorch. It takes the usual kind of picture, and leaves all
// else to libvips: what is turned, has a profile, is gray or of four colours, makes the decoder
// complain, or would be enlarged.
#include "reduce.h"

#include <node_api.h>

#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <new>
#include <optional>
#include <vector>

#include <jpeglib.h>

#if !defined(LIBJPEG_TURBO_VERSION_NUMBER) || LIBJPEG_TURBO_VERSION_NUMBER < 2000000
#error "libjpeg-turbo from 2.0 on is wanted: others decode to other pixels"
#endif

namespace tandem::jpeg {

namespace {

/// Larger pictures are left to libvips, which holds a few rows of them at a time.
constexpr int64_t kMostPixels = int64_t{1} << 22;

/// libjpeg's errors and warnings: it is told to stop at either.
struct Stop {
  jpeg_error_mgr errors;
  jmp_buf to;
};

void stop(j_common_ptr decoder) { std::longjmp(reinterpret_cast<Stop*>(decoder->err)->to, 1); }
void stopAtWarning(j_common_ptr decoder, int level) {
  if (level < 0) stop(decoder);
}

/// Whether a picture is of the usual kind, by what stands before its first scan.
bool isPlain(const jpeg_decompress_struct& decoder) {
  for (auto* marker = decoder.marker_list; marker; marker = marker->next) {
    // Profiles, gain maps and several pictures; EXIF may turn it.
    if (marker->marker == JPEG_APP0 + 2) return false;
    if (marker->data_length >= 4 && std::memcmp(marker->data, "Exif", 4) == 0) return false;
  }
  const bool isColour = decoder.num_components == 3 && decoder.out_color_space == JCS_RGB && (decoder.jpeg_color_space == JCS_YCbCr || decoder.jpeg_color_space == JCS_RGB);
  return isColour && decoder.data_precision == 8 && !decoder.arith_code && int64_t{decoder.image_width} * decoder.image_height <= kMostPixels;
}

/// Pixels r g b r g b ...; false where the picture is not of the usual kind, or the decoder says
/// anything about it. Only memory that the caller holds outlives a jump.
bool decode(const uint8_t* bytes, size_t length, int64_t side, std::vector<uint8_t>& pixels, int64_t& width, int64_t& height) {
  Stop handler;
  jpeg_decompress_struct decoder;
  decoder.err = jpeg_std_error(&handler.errors);
  handler.errors.error_exit = stop;
  handler.errors.emit_message = stopAtWarning;
  if (setjmp(handler.to)) {
    jpeg_destroy_decompress(&decoder);
    return false;
  }
  jpeg_create_decompress(&decoder);
  jpeg_mem_src(&decoder, const_cast<uint8_t*>(bytes), length);
  jpeg_save_markers(&decoder, JPEG_APP0 + 1, 4);
  jpeg_save_markers(&decoder, JPEG_APP0 + 2, 0xffff);
  jpeg_read_header(&decoder, TRUE);
  width = decoder.image_width;
  height = decoder.image_height;
  if (!isPlain(decoder) || (side > 0 && !canReduce(width, height, side))) {
    jpeg_destroy_decompress(&decoder);
    return false;
  }
  jpeg_start_decompress(&decoder);
  pixels.resize(3 * width * height);
  while (decoder.output_scanline < decoder.output_height) {
    uint8_t* row = pixels.data() + 3 * width * decoder.output_scanline;
    jpeg_read_scanlines(&decoder, &row, 1);
  }
  jpeg_finish_decompress(&decoder);
  jpeg_destroy_decompress(&decoder);
  return true;
}

/// A picture on its way through a worker thread.
struct Job {
  napi_async_work work;
  napi_deferred promise;
  napi_ref input;
  const uint8_t* bytes;
  size_t length;
  int64_t side, width = 0, height = 0;
  std::vector<uint8_t> planes;
  bool isDone = false;
};

void execute(napi_env, void* data) {
  auto& job = *static_cast<Job*>(data);
  try {
    std::vector<uint8_t> pixels;
    if (!decode(job.bytes, job.length, job.side, pixels, job.width, job.height)) return;
    if (job.side > 0) {
      job.planes.resize(3 * job.side * job.side);
      reduce(pixels.data(), job.width, job.height, job.side, job.planes.data());
      job.width = job.height = job.side;
    } else {
      job.planes.resize(pixels.size());
      toPlanes(pixels.data(), job.width * job.height, job.planes.data());
    }
    job.isDone = true;
  } catch (const std::bad_alloc&) {
    // libvips may do with less.
  }
}

napi_value planesOf(napi_env env, const Job& job) {
  void* to;
  napi_value buffer, result, value;
  napi_create_arraybuffer(env, job.planes.size(), &to, &buffer);
  std::memcpy(to, job.planes.data(), job.planes.size());
  napi_create_object(env, &result);
  napi_create_typedarray(env, napi_uint8_array, job.planes.size(), buffer, 0, &value);
  napi_set_named_property(env, result, "planes", value);
  napi_create_int64(env, job.width, &value);
  napi_set_named_property(env, result, "width", value);
  napi_create_int64(env, job.height, &value);
  napi_set_named_property(env, result, "height", value);
  return result;
}

void complete(napi_env env, napi_status, void* data) {
  auto* job = static_cast<Job*>(data);
  napi_value result;
  if (job->isDone) {
    result = planesOf(env, *job);
  } else {
    napi_get_undefined(env, &result);
  }
  napi_resolve_deferred(env, job->promise, result);
  napi_delete_reference(env, job->input);
  napi_delete_async_work(env, job->work);
  delete job;
}

/// decodeJpeg(bytes: Uint8Array, side: number): a promise of { width, height, planes }, or of
/// undefined. @param side 0 for the picture's own size
napi_value decodeJpeg(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value args[2], promise, name;
  napi_get_cb_info(env, info, &count, args, nullptr, nullptr);
  void* bytes;
  size_t length;
  int64_t side;
  napi_typedarray_type type;
  if (count != 2 || napi_get_typedarray_info(env, args[0], &type, &length, &bytes, nullptr, nullptr) != napi_ok || type != napi_uint8_array || napi_get_value_int64(env, args[1], &side) != napi_ok || side < 0) {
    napi_throw_type_error(env, nullptr, "decodeJpeg takes a Uint8Array and a side from 0 on");
    return nullptr;
  }
  auto* job = new Job{};
  job->bytes = static_cast<const uint8_t*>(bytes);
  job->length = length;
  job->side = side;
  napi_create_reference(env, args[0], 1, &job->input);
  napi_create_promise(env, &job->promise, &promise);
  napi_create_string_utf8(env, "decodeJpeg", NAPI_AUTO_LENGTH, &name);
  napi_create_async_work(env, nullptr, name, execute, complete, job, &job->work);
  napi_queue_async_work(env, job->work);
  return promise;
}

}  // namespace

}  // namespace tandem::jpeg

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "decodeJpeg", NAPI_AUTO_LENGTH, tandem::jpeg::decodeJpeg, nullptr, &function);
  napi_set_named_property(env, exports, "decodeJpeg", function);
  return exports;
}
