using Xunit;

namespace BitcoinSock.Unit;

public class SockPollerProperties
{
    private const int Many = 3;

    public enum Step
    {
        Add,
        Modify,
        Remove,
        Arrive,
        Drain,
        Move,
        Release,
        Dispose,
    }

    [Property(60)]
    public void After_any_steps_it_tells_of_those_that_are_registered_and_ready_and_of_no_others(
        WaitMechanism? mechanism,
        (Step, byte, SockEvents)[] steps
    )
    {
        using var poller = mechanism is WaitMechanism way ? new SockPoller(way) : new SockPoller();
        Watched[] all = [.. Enumerable.Range(0, Many).Select(_ => new Watched())];
        foreach ((Step step, byte which, SockEvents requested) in steps)
        {
            all[which % Many].Play(poller, step, requested);
            Assert.Equal(all.Count(each => each.Requested is not null), poller.Count);
            var ready = new ReadySock[Many + 1];
            int count = poller.Wait(ready, TimeSpan.Zero).Count;
            Assert.Equal(
                all.SelectMany(each => each.Ready).ToHashSet(),
                ready[..count].ToHashSet()
            );
            Assert.Equal(all.Sum(each => each.Ready.Length), count);
        }

        Array.ForEach(all, each => each.Dispose());
    }

    /// <summary>A socket, and what is to be told of it.</summary>
    private sealed class Watched : IDisposable
    {
        private readonly Sock _far;
        private Sock _near;
        private bool _hasData;

        public Watched() => (_near, _far) = Sock.CreatePair();

        /// <summary>Null if it is not registered.</summary>
        public SockEvents? Requested { get; private set; }

        public ReadySock[] Ready
        {
            get
            {
                SockEvents there = _hasData ? SockEvents.Recv | SockEvents.Send : SockEvents.Send;
                SockEvents occurred = there & (Requested ?? SockEvents.None);
                return occurred == SockEvents.None ? [] : [new ReadySock(_near, occurred, this)];
            }
        }

        public void Play(SockPoller poller, Step step, SockEvents requested)
        {
            bool isRegistered = Requested is not null;
            switch (step)
            {
                case Step.Add:
                    Exception? refusal = Record.Exception(() => poller.Add(_near, requested, this));
                    Assert.Equal(isRegistered, refusal is ArgumentException);
                    Assert.Equal(_near.IsEmpty, refusal is SockException);
                    Requested = refusal is null ? requested : Requested;
                    break;
                case Step.Modify:
                    Assert.Equal(isRegistered, poller.Modify(_near, requested));
                    Requested = isRegistered ? requested : null;
                    break;
                case Step.Remove:
                    Assert.Equal(isRegistered, poller.Remove(_near));
                    Requested = null;
                    break;
                case Step.Arrive when !_near.IsEmpty:
                    _far.SendComplete([1], Within.Long);
                    Assert.Equal(1, _near.Wait(Within.Long, SockEvents.Recv, out _).Count);
                    _hasData = true;
                    break;
                case Step.Drain:
                    _near.RecvNow();
                    _hasData = false;
                    break;
                case Step.Move:
                    var next = new Sock();
                    next.AssignFrom(_near);
                    LetGo(next);
                    break;
                case Step.Release:
                    LetGo(new Sock(_near.Release()));
                    break;
                case Step.Dispose:
                    _near.Dispose();
                    LetGo(_near);
                    break;
            }
        }

        public void Dispose()
        {
            _near.Dispose();
            _far.Dispose();
        }

        private void LetGo(Sock next)
        {
            _near = next;
            Requested = null;
        }
    }
}
