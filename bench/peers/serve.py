"""The same exported model behind FastAPI and ONNX Runtime, as one would write it in Python.

  serve.py FOLDER PORT WORKERS THREADS

Needs fastapi, uvicorn[standard], onnxruntime, pillow and numpy.
"""

import io
import json
import os
import sys

import numpy
import onnxruntime
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from PIL import Image
from starlette.requests import ClientDisconnect

FOLDER = os.environ.get("SERVE_FOLDER") or sys.argv[1]
THREADS = int(os.environ.get("SERVE_THREADS") or sys.argv[4])
LIMIT = 20 * 2**20

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = THREADS
session = onnxruntime.InferenceSession(f"{FOLDER}/onnx/model.onnx", options, ["CPUExecutionProvider"])
settings = json.load(open(f"{FOLDER}/preprocessor_config.json"))
size = settings["crop_size"]["height"]
mean, std = (numpy.array(settings[name], numpy.float32) for name in ("image_mean", "image_std"))
app = FastAPI()


def embed(data):
    with Image.open(io.BytesIO(data)) as image:
        image.draft("RGB", (size, size))
        image = image.convert("RGB")
        scale = size / min(image.size)
        wide, high = (max(size, round(side * scale)) for side in image.size)
        image = image.resize((wide, high), Image.Resampling.LANCZOS)
        left, top = (wide - size) // 2, (high - size) // 2
        image = image.crop((left, top, left + size, top + size))
        pixels = (numpy.asarray(image, numpy.float32) / 255 - mean) / std
    (row,) = session.run(["pooler_output"], {"pixel_values": pixels.transpose(2, 0, 1)[None]})[0]
    return row.tolist()


@app.post("/embed")
async def answer(request: Request):
    try:
        data = await request.body()
    except ClientDisconnect:
        return JSONResponse({"error": "the client went away"}, 400)
    if len(data) > LIMIT:
        return JSONResponse({"error": "too large"}, 413)
    try:
        return JSONResponse({"vector": await run_in_threadpool(embed, data)})
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return JSONResponse({"error": str(error)}, 422)


@app.get("/health")
async def health():
    return {"status": "ok"}


if __name__ == "__main__":
    import uvicorn

    os.environ.update(SERVE_FOLDER=FOLDER, SERVE_THREADS=str(THREADS))
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    uvicorn.run("serve:app", port=int(sys.argv[2]), workers=int(sys.argv[3]), log_level="error")
