import sys

sys.path.insert(0,"/work/main")
from turnet.booking.service import seating

seating.Board.under = lambda self, f: []
from tests.conftest import *
