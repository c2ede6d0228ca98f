// The words of names: four lists of 256, each word in only one of them. Changing one renames tasks there are.

// What it is like.
const manners = `
  able airy alert amiable ample apt astute aware balmy bold brave breezy brief bright brisk broad bubbly
  busy calm candid careful caring casual chatty cheery chief choice civic civil clean clear clever cosmic
  cozy crafty crisp curious curly dainty dapper daring deep deft direct double downy dreamy dry eager early
  earnest eastern easy elegant endless equal ethical even exact expert fair famous fancy fast festive fine
  firm first fit fleet fluent fluffy fond frank free fresh frosty full funny gallant gentle genuine gifted
  giving glad global good graceful grand grateful great handy happy hardy hearty helpful high honest hopeful
  humble hushed ideal inner intent jaunty jolly jovial joyful joyous keen kind large lasting late lavish
  learned level light likely little lively living local lofty logical long loose lovely loyal lucid lucky
  major many mellow merry mighty mild mindful mobile modern modest musical mutual native natural near neat
  nimble noble normal northern novel open orderly patient peaceful playful plucky poetic polite popular
  precise prime prompt proper proud prudent pure quaint quick quiet radiant rapid rare ready real regal
  regular relaxed rich right robust roomy rural safe sage serene settled shared sharp short silent simple
  sincere single sleepy slender slow smart smiling smooth snug social soft solid southern special spirited
  splendid spry stable stately steady stellar still stout strong sturdy subtle sudden sunny super sure sweet
  swift tactful tall tame tender tidy timely tiny top total tranquil true trusty unique united upbeat urban
  useful valiant vast vibrant vital vivid warm western whole wide willing wise witty young zesty
`;

// A place or a thing.
const places = `
  abbey acre alcove alley anchor arbor arcade arch atlas attic autumn avenue bakery barn barrel basin basket
  bay bazaar beach beacon bell bench bend bluff boat book booth bottle bowl bridge brook bucket burrow
  button cabin cairn camp canal candle canoe canvas canyon cape cargo cart castle cave chapel chart chest
  circle cliff cloud clover coast court cove cradle crater creek crest crown cup dawn deck delta desert dial
  dock dome door drift drum dune dusk east estate fable falls farm ferry field fjord flag flute ford forest
  forge fork gable garden gate geyser glade glen globe gorge grove gulf hall hamlet harbor haven heath hedge
  helm hill hollow horn house inlet inn island isle jetty kettle key kiln kite knoll ladder lagoon lake lamp
  lane lawn ledge lodge loft lyric map market marsh meadow mesa mill mirror mist moon moor moss nest noon
  north oasis ocean orbit oven palace parade park pass pasture patch path peak pebble pier pillar pilot
  plain planet plaza pocket pond porch port portal prairie puddle quarry quay quill quilt railway rain ramp
  ranch rapids reef ribbon ridge ring river road rock roof room root route saddle sail sand school sea
  season shed shelf shelter shore signal sketch sky slope snow song south spire spring square stage stair
  star station steam stove stream street studio summer summit sun swing table tale tent terrace theater
  thicket tide timber tower town track trail train tunnel vale valley verse village vista voyage wagon walk
  wall well west wharf wheel whistle window winter wood yard
`;

// A colour or what it is made of.
const looks = `
  acorn agate almond aluminum amaranth amber amethyst apple apricot aqua aspen azure bamboo banana barley
  basalt basil beech beige berry beryl birch biscuit blush bonfire boxwood brass breeze brick brindle bronze
  buff burgundy butter cacao camel canary candy caramel cardinal carmine cedar celadon chalk charcoal cherry
  chestnut chrome cider cinder cinnamon citrine citron citrus clay cobalt cocoa coconut coffee copper coral
  corduroy cork corn cotton cream crimson crystal currant cyan cypress daffodil dahlia daisy damson denim
  diamond ebony ecru elder elm emerald enamel feather felt fennel fern fig flannel flax flint fuchsia gilded
  ginger glass gold golden granite grape graphite grass hay hazel heather holly honey hyacinth indigo iris
  iron ivory ivy jade jasmine jasper juniper khaki lace lapis larch laurel lava lavender leaf leather lemon
  lichen lilac lily lime linden linen lotus magenta magnolia mahogany maize malt mango maple marble marigold
  marine maroon mauve melon metal mint mocha molten moonlit moonstone mosaic mulberry mustard nickel nutmeg
  oak oat ochre olive onyx opal orange orchid osier paper papyrus parsley pastel peach pear pearl pecan
  pepper petal pewter pine pistachio platinum plum pollen poplar poppy porcelain powder primrose pumpkin
  quartz quince raisin raspberry redbud redwood reed rice rose rosewood rowan ruby russet rustic rye saffron
  salmon sandal sapling sapphire satin scarlet seashell sepia sesame shamrock shell sienna silk silver slate
  snowy spruce starlit steel stone straw suede sugar sunlit tangerine tartan tawny tea teak teal thistle
  thyme tin topaz tulip turquoise tweed umber vanilla velvet verdant vermilion violet walnut watery wax
  wheat whitewash willow wool yew zinc
`;

// An animal or a plant.
const beings = `
  albatross alder alpaca anemone ant antelope ash avocet badger bear beaver bee beetle begonia bilby bison
  blackbird bluebird bobcat bramble bream briar budgie buffalo bulbul bunting bustard buttercup butterfly
  caiman caracal caribou catfish chaffinch chamois cheetah chickadee chipmunk cicada colt condor cormorant
  coyote crane cricket crocus crow cuckoo curlew deer dingo dipper dolphin donkey dormouse dory dove
  dragonfly duck dunlin eagle echidna egret eider elk emu ermine falcon fawn ferret fieldfare finch firefly
  flamingo flounder fox foxglove frog fulmar gadwall gannet gazelle gecko giraffe gnu goat goldfinch goose
  goshawk grackle grebe greyhound grouse gull guppy haddock halibut hamster hare harrier hawk hawthorn
  hedgehog heron herring hoopoe horse hound hummingbird husky ibex ibis iguana impala jackal jackdaw jaguar
  jay kestrel kingfisher kitten kiwi koala koi kudu lamb lark lemming lemur leopard linnet lion lizard llama
  lobster loon lory lupin lynx macaw magpie mallard manatee mantis marlin marmot marten martin mayfly
  meerkat merlin minnow mole mongoose moose moth mouse mule myrtle nettle newt nightingale numbat nuthatch
  ocelot octopus okapi oriole oryx osprey ostrich otter owl oyster panda pansy panther parakeet parrot
  partridge peacock pelican penguin peony perch petrel petunia pheasant pigeon pika pike pipit platypus
  plover pony poodle porcupine porpoise possum puffin puma quail quokka rabbit raccoon raven redstart
  reindeer robin rook rooster sandpiper seal shark sheep shrew shrike skylark sloth snail snipe spaniel
  sparrow squirrel stag starfish starling stoat stork sturgeon swallow swan tanager tapir tern terrier
  thrush tiger tortoise toucan trout tuna turtle viola vole wagtail wallaby walrus warbler weasel whale wolf
  wombat wren yak zebra
`;

/** In the order in which a name uses them. */
export const words: readonly [string[], string[], string[], string[]] = [
  listOf(manners),
  listOf(places),
  listOf(looks),
  listOf(beings),
];

function listOf(text: string): string[] {
  return text.trim().split(/\s+/);
}
