"""Methods as one would write them in PyTorch, with the settings that Tandem has by default."""

from methods.banks import MoBY, MoCo
from methods.contrastive import CLBO, SimCLR
from methods.correlations import BarlowTwins, VICReg
from methods.predictors import BYOL, SimSiam

METHODS = {
    "simclr": SimCLR,
    "moco": MoCo,
    "byol": BYOL,
    "simsiam": SimSiam,
    "moby": MoBY,
    "barlow-twins": BarlowTwins,
    "vicreg": VICReg,
    "clbo": CLBO,
}
