"""Data sets: MNIST and a small table embedded; files, folders and arrays of all usual kinds; a user's own images."""

from chainrule.base.files import cache_folder as cache_folder
from chainrule.data.arrays import as_dataset as as_dataset
from chainrule.data.dataset import Dataset as Dataset
from chainrule.data.digits import Seen as Seen
from chainrule.data.digits import prepare_digit as prepare_digit
from chainrule.data.idx import parse_idx as parse_idx
from chainrule.data.idx import read_idx as read_idx
from chainrule.data.idx import write_idx as write_idx
from chainrule.data.idx_folder import read_idx_folder as read_idx_folder
from chainrule.data.images import read_digit as read_digit
from chainrule.data.images import read_digits as read_digits
from chainrule.data.images import read_seen as read_seen
from chainrule.data.mnist_digits import mnist as mnist
from chainrule.data.sources import read_data as read_data
from chainrule.data.split import hold_out as hold_out
from chainrule.data.tables import Table as Table
from chainrule.data.tables import parse_csv as parse_csv
from chainrule.data.tables import read_csv as read_csv
from chainrule.data.tables import stopping_distance as stopping_distance
