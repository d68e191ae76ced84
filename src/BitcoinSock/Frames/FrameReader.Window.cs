using System.Buffers;

namespace BitcoinSock;

// The bytes at hand: how they are shown, and consumed.
public sealed partial class FrameReader
{
    // The bytes at hand: of the memory, those from where the next frame begins to where a peek has
    // shown any. Up to _taken they are consumed: the partial, if that is behind _start; if it is
    // before, frames were returned and are not settled.
    private byte[] _held = [];
    private int _start;
    private int _taken;
    private int _shown;

    // How far the memory was written: so much is wiped before it is given back.
    private int _written;

    // Of the frame that begins at _start: how much was looked through, and its length once known.
    private int _searched;
    private long _length;

    // What the last call has returned: where it begins (it ends at _start), and how many frames.
    private int _first;
    private int _found;
    private bool _isContradicted;

    private int PartialLength => Math.Max(_taken - _start, 0);

    // Where what was neither returned nor consumed begins.
    private int Behind => Math.Max(_start, _taken);

    // Of a frame that tells so itself, what was shown is consumed first, up to the limit.
    private bool IsTooLong =>
        PartialLength >= _maxFrame || (_length > _maxFrame && _taken == _shown);

    private void BeginFrameAt(int start)
    {
        (_start, _searched, _length) = (start, 0, 0);
        _isContradicted = false;
    }

    // Ok: so many bytes, possibly none, are shown behind those that are consumed.
    private SockOutcome Peek(ISockRecv sock)
    {
        if (_start == _shown)
        {
            (_start, _taken, _shown) = (0, 0, 0);
        }

        // In front of others the same must be shown again: for that there is other memory.
        int rest = _shown - _taken;
        bool isInPlace = rest == 0 && _held.Length - _taken >= _window;
        int at = isInPlace ? _taken : PartialLength;
        long wanted = Math.Max((long)at + _window, 2L * at); // a long frame is copied a few times
        if ((isInPlace ? _held : TryRent(wanted)) is not byte[] next)
        {
            return SockOutcome.End(SockStatus.TooLong);
        }

        Span<byte> window = next.AsSpan(at, Math.Min(_window, next.Length - at));
        SockResult peek = sock.Recv(window, SockFlags.Peek | SockFlags.DontWait);
        int came = Math.Clamp(peek.Count, 0, window.Length);
        ReadOnlySpan<byte> before = _held.AsSpan(_taken, rest);
        int common = Math.Min(rest, came);
        bool isAsBefore =
            before[..common].SequenceEqual(window[..common]) && (rest == 0 || common > 0);
        SockOutcome outcome =
            peek.IsError ? SockOutcome.RetryOrFail(peek.Error)
            : peek.Count > window.Length || !isAsBefore ? Contradicted()
            : came == 0 ? SockOutcome.End(SockStatus.Closed)
            : SockOutcome.Ok(came);
        bool isMore = outcome.IsOk && came > rest;
        if (isInPlace)
        {
            _written = Math.Max(_written, at + came);
        }
        else if (isMore)
        {
            Partial.CopyTo(next);
            GiveBack(_held, _written);
            (_held, _written) = (next, at + came);
            (_start, _taken) = (0, at);
        }
        else
        {
            GiveBack(next, at + came);
        }

        _shown = isMore ? _taken + came : _shown;
        GiveBackIfEmpty();
        return outcome;
    }

    // Consumes up to there. Ok: so many bytes, possibly none.
    private SockOutcome Take(ISockRecv sock, int end)
    {
        SockOutcome step = Shown.Take(sock, _held.AsSpan(_taken..end));
        bool isAsShown = step.Status != SockStatus.Inconsistent;
        if (!isAsShown)
        {
            _start = Math.Min(_start, _taken);
        }

        _taken += step.Count;
        return isAsShown ? step : Contradicted();
    }

    // What was shown is not there: it shows nothing more, and the next call starts anew.
    private SockOutcome Contradicted()
    {
        (_start, _shown) = (Math.Min(_start, _taken), _taken);
        (_found, _isContradicted) = (0, true);
        return SockOutcome.End(SockStatus.Inconsistent);
    }

    private static byte[]? TryRent(long length)
    {
        try
        {
            return ArrayPool<byte>.Shared.Rent((int)Math.Min(length, Array.MaxLength));
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    private static void GiveBack(byte[] rented, int written)
    {
        rented.AsSpan(0, written).Clear(); // frames hold keys
        ArrayPool<byte>.Shared.Return(rented);
    }

    private void GiveBackIfEmpty()
    {
        if (_start == _taken && _taken == _shown)
        {
            GiveBack();
        }
    }

    private void GiveBack()
    {
        GiveBack(_held, _written);
        _held = [];
        (_start, _taken, _shown, _written) = (0, 0, 0, 0);
        BeginFrameAt(0);
    }
}
