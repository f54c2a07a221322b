"""Parameters and multiply-adds of the zoo's newer networks by PyTorch, for tests/zoo_test.ts.

    pip install torch==2.15.0 torchvision==0.29.2
    python tests/torch_counts.py

Multiply-adds are half of what torch.utils.flop_counter.FlopCounterMode counts: convolutions (transposed ones, too), addmm, mm, bmm and
scaled_dot_product_attention. The fast path of multi-head attention is off, since it runs as one operator that the counter does not know.
torchvision has no U-Net and no YOLO; they are built here from their definitions in nets/, so they check the counting rather than the
definitions. YOLOv5 itself prints 7,235,389 parameters for YOLOv5s, the same network at twice the width.
"""
import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

NETWORKS = {
    "resnet18": 224,
    "mobilenet_v3_large": 224,
    "efficientnet_v2_s": 384,
    "convnext_tiny": 224,
    "shufflenet_v2_x1_0": 224,
    "regnet_y_400mf": 224,
    "vit_b_16": 224,
    "swin_t": 224,
}


class UNet(nn.Module):
    """nets/unet.np.ts."""

    def __init__(self):
        super().__init__()
        widths = [64, 128, 256, 512]
        self.down = nn.ModuleList(self.twice(i, o) for i, o in zip([3, *widths], widths))
        self.bottom = self.twice(512, 1024)
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, 2) for w in reversed(widths))
        self.join = nn.ModuleList(self.twice(2 * w, w) for w in reversed(widths))
        self.classes = nn.Conv2d(64, 2, 1)

    @staticmethod
    def twice(inputs, outputs):
        first, second = nn.Conv2d(inputs, outputs, 3, padding=1), nn.Conv2d(outputs, outputs, 3, padding=1)
        return nn.Sequential(first, nn.ReLU(), second, nn.ReLU())

    def forward(self, x):
        skips = []
        for down in self.down:
            skips.append(down(x))
            x = nn.functional.max_pool2d(skips[-1], 2)
        x = self.bottom(x)
        for up, join in zip(self.up, self.join):
            x = join(torch.cat([skips.pop(), up(x)], 1))
        return self.classes(x)


def conv(inputs, outputs, kernel, stride=1):
    layer = nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.SiLU())


class Block(nn.Module):
    """The function block of nets/yolo_neck.np.ts."""

    def __init__(self, inputs, outputs, depth, residual):
        super().__init__()
        half = outputs // 2
        self.first, self.past, self.last = conv(inputs, half, 1), conv(inputs, half, 1), conv(outputs, outputs, 1)
        self.inner = nn.ModuleList(nn.Sequential(conv(half, half, 1), conv(half, half, 3)) for _ in range(depth))
        self.residual = residual

    def forward(self, x):
        y = self.first(x)
        for inner in self.inner:
            y = y + inner(y) if self.residual else inner(y)
        return self.last(torch.cat([y, self.past(x)], 1))


class Yolo(nn.Module):
    """nets/yolo_neck.np.ts; w is the width of its stem."""

    def __init__(self, w=16):
        super().__init__()
        to4 = [conv(3, w, 6, 2), conv(w, 2 * w, 3, 2), Block(2 * w, 2 * w, 1, True)]
        self.to8 = nn.Sequential(*to4, conv(2 * w, 4 * w, 3, 2), Block(4 * w, 4 * w, 2, True))
        self.to16 = nn.Sequential(conv(4 * w, 8 * w, 3, 2), Block(8 * w, 8 * w, 3, True))
        self.to32 = nn.Sequential(conv(8 * w, 16 * w, 3, 2), Block(16 * w, 16 * w, 1, True))
        self.pool_in, self.pool_out = conv(16 * w, 8 * w, 1), conv(32 * w, 16 * w, 1)
        self.lateral5, self.lateral4 = conv(16 * w, 8 * w, 1), conv(8 * w, 4 * w, 1)
        self.up4, self.up3 = Block(16 * w, 8 * w, 1, False), Block(8 * w, 4 * w, 1, False)
        self.path4, self.path5 = conv(4 * w, 4 * w, 3, 2), conv(8 * w, 8 * w, 3, 2)
        self.out4, self.out5 = Block(8 * w, 8 * w, 1, False), Block(16 * w, 16 * w, 1, False)
        self.larger = nn.Upsample(scale_factor=2)
        self.detect = nn.ModuleList(nn.Conv2d(c * w, 255, 1) for c in (4, 8, 16))

    def forward(self, x):
        at8 = self.to8(x)
        at16 = self.to16(at8)
        pools = [self.pool_in(self.to32(at16))]
        for _ in range(3):
            pools.append(nn.functional.max_pool2d(pools[-1], 5, 1, 2))
        top = self.lateral5(self.pool_out(torch.cat(pools, 1)))
        middle = self.lateral4(self.up4(torch.cat([self.larger(top), at16], 1)))
        small = self.up3(torch.cat([self.larger(middle), at8], 1))
        medium = self.out4(torch.cat([self.path4(small), middle], 1))
        large = self.out5(torch.cat([self.path5(medium), top], 1))
        return [detect(scale) for detect, scale in zip(self.detect, (small, medium, large))]


def count(name, model, height, width):
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        model.eval()(torch.zeros(1, 3, height, width))
    parts = {str(op).split(".")[-1]: n // 2 for op, n in counter.get_flop_counts()["Global"].items()}
    params = sum(parameter.numel() for parameter in model.parameters())
    total = counter.get_total_flops() // 2
    print(f"{name:19} {height}x{width} {params:11,} params {total:15,} multiply-adds  {parts}")


if __name__ == "__main__":
    torch.backends.mha.set_fastpath_enabled(False)
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}")
    models = {name: (getattr(torchvision.models, name)(weights=None), size) for name, size in NETWORKS.items()}
    for name, (model, size) in {**models, "unet": (UNet(), 256), "yolo_neck": (Yolo(), 640)}.items():
        count(name, model, size, size)
        # The size that tests/zoo_test.ts builds, too. torchvision's ViT takes the one only for which it was made.
        if name != "vit_b_16":
            count(name, model, size + 64, size + 32)
    count("yolo, twice as wide", Yolo(32), 640, 640)
