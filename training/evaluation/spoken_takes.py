"""What is said in prepared recordings, by the TextGrids that lie beside them."""

from pathlib import Path

from backend.sounds.files import SoundsError, Transcript, read_transcript

from ..data.prepared import Prepared, Take

_RECORDINGS = "recordings"  # of a prepared folder: what `prepare video` made of the films


def words_of(data: Prepared, take: Take) -> Transcript:
    """Return the sounds and words of a take, with times from its start; none if nothing is known. Those that it cuts are left out."""
    recorded = next(each for each in data.recordings if each.id == take.id)
    path: Path = data.folder / _RECORDINGS / str(take.speaker) / f"{take.id}.TextGrid"
    try:
        said = read_transcript(path) if path.is_file() else Transcript(())
    except SoundsError:
        return Transcript(())
    begin = (recorded.start + take.offset - recorded.offset) / 10
    inside, end = said.shifted(-begin), take.length / 10
    return Transcript(
        tuple(each for each in inside.sounds if each.start >= 0 and each.end <= end),
        tuple(each for each in inside.words if each.start >= 0 and each.end <= end),
    )
