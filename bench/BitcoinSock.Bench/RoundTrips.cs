using System.Diagnostics;
using System.Net.Sockets;

namespace BitcoinSock.Bench;

/// <summary>
/// TCP connections over loopback by one method, whose far ends answer whatever comes with the same:
/// one such crowd of each method lives beside the others, and they take turns.
/// </summary>
internal sealed class RoundTrips : IDisposable
{
    public const int MessageLength = 32;

    private readonly Talker[] _nears;
    private readonly Talker[] _fars;
    private readonly Task[] _answering;
    private volatile bool _isOver;
    private int _number;

    public RoundTrips(TalkMethod method, int connections)
    {
        _nears = new Talker[connections];
        _fars = new Talker[connections];
        for (int i = 0; i < connections; i++)
        {
            (Sock near, Sock far) = Sock.CreatePair(AddressFamily.InterNetwork);
            foreach (Sock sock in (Sock[])[near, far])
            {
                // Else some of many messages on one connection wait for others to be acknowledged.
                sock.SetSockOpt(SocketOptionLevel.Tcp, SocketOptionName.NoDelay, 1)
                    .ThrowIfError("setsockopt");
            }

            (_nears[i], _fars[i]) = (method.Of(near), method.Of(far));
        }

        _answering = Array.ConvertAll(_fars, far => Task.Run(() => AnswerAsync(far)));
    }

    /// <summary>The seconds that so many round trips take.</summary>
    /// <param name="trips">How many in all.</param>
    /// <param name="underWay">
    /// How many at once: each on a connection of its own, that changes from one to the next; if
    /// there is but one connection, all on that, one behind the other.
    /// </param>
    /// <exception cref="InvalidDataException">A reply was another one.</exception>
    public double Time(int trips, int underWay)
    {
        // What the last one left behind is not this one's to clear.
        GC.Collect();
        int talks = Math.Min(underWay, _nears.Length);
        int burst = underWay / talks;
        long start = Stopwatch.GetTimestamp();
        Task[] talking =
        [
            .. Enumerable
                .Range(0, talks)
                .Select(first =>
                    Task.Run(() => TalkAsync(first, talks, trips / talks / burst, burst))
                ),
        ];
        Task.WaitAll(talking);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public void Dispose()
    {
        _isOver = true;
        Array.ForEach(_nears, near => near.Dispose());
        Task.WaitAll(_answering);
    }

    private async Task TalkAsync(int first, int step, int bursts, int burst)
    {
        byte[] reply = new byte[MessageLength];
        byte[][] messages = new byte[burst][];
        for (int i = 0; i < burst; i++)
        {
            messages[i] = new byte[MessageLength];
            messages[i].AsSpan().Fill((byte)'.');
            messages[i][^1] = (byte)'\n';
        }

        int at = first;
        for (; bursts > 0; bursts--)
        {
            Talker near = _nears[at];
            foreach (byte[] message in messages)
            {
                // None is like another, of any connection.
                Interlocked.Increment(ref _number).TryFormat(message, out _, "x8");
                await near.SendAsync(message).ConfigureAwait(false);
            }

            foreach (byte[] message in messages)
            {
                await near.RecvAsync(reply).ConfigureAwait(false);
                if (!reply.AsSpan().SequenceEqual(message))
                {
                    throw new InvalidDataException("The reply is not what was sent.");
                }
            }

            at = at + step < _nears.Length ? at + step : first;
        }
    }

    private async Task AnswerAsync(Talker far)
    {
        byte[] message = new byte[MessageLength];
        try
        {
            while (true)
            {
                await far.RecvAsync(message).ConfigureAwait(false);
                await far.SendAsync(message).ConfigureAwait(false);
            }
        }
        catch (Exception) when (_isOver)
        {
            // The near end is closed.
        }
        finally
        {
            // If something else has failed, the near end learns it by this.
            far.Dispose();
        }
    }
}
