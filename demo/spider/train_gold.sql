SELECT full_name FROM keeper	aquarium
SELECT full_name FROM keeper	aquarium
SELECT count(*) FROM tank	aquarium
SELECT nickname FROM creature WHERE species = 'angelfish'	aquarium
SELECT full_name FROM keeper WHERE age < 35	aquarium
SELECT count(*) FROM creature WHERE species = 'lobster'	aquarium
SELECT count(*) FROM keeper WHERE age > 45	aquarium
SELECT avg(volume) FROM tank	aquarium
SELECT nickname, weight FROM creature	aquarium
SELECT nickname, weight FROM creature	aquarium
SELECT full_name, shift, age FROM keeper	aquarium
SELECT nickname, weight FROM creature WHERE diet = 'squid'	aquarium
SELECT nickname FROM creature ORDER BY weight DESC LIMIT 1	aquarium
SELECT shift FROM keeper ORDER BY age DESC LIMIT 1	aquarium
SELECT nickname FROM creature ORDER BY weight ASC LIMIT 4	aquarium
SELECT shift, count(*) FROM keeper GROUP BY shift	aquarium
SELECT shift, avg(age) FROM keeper GROUP BY shift	aquarium
SELECT shift, max(age) FROM keeper GROUP BY shift	aquarium
SELECT nickname FROM creature WHERE diet = 'shrimp' AND weight > 60	aquarium
SELECT count(*) FROM tank WHERE water = 'freshwater' AND volume > 900	aquarium
SELECT nickname FROM creature WHERE weight < (SELECT avg(weight) FROM creature)	aquarium
SELECT nickname FROM creature WHERE weight < (SELECT avg(weight) FROM creature)	aquarium
SELECT count(*) FROM tank WHERE volume > (SELECT avg(volume) FROM tank)	aquarium
SELECT name FROM tank WHERE tank_id NOT IN (SELECT tank_id FROM creature)	aquarium
SELECT name FROM tank WHERE tank_id NOT IN (SELECT tank_id FROM keeper WHERE shift = 'evening')	aquarium
SELECT name FROM tank EXCEPT SELECT T1.name FROM tank AS T1 JOIN keeper AS T2 ON T1.tank_id = T2.tank_id WHERE T2.age < 30	aquarium
SELECT count(*) FROM tank WHERE tank_id NOT IN (SELECT tank_id FROM creature)	aquarium
SELECT count(*) FROM tank WHERE tank_id NOT IN (SELECT tank_id FROM creature)	aquarium
SELECT T1.name FROM tank AS T1 JOIN creature AS T2 ON T1.tank_id = T2.tank_id GROUP BY T1.tank_id ORDER BY count(*) DESC LIMIT 1	aquarium
SELECT T1.name, count(*) FROM tank AS T1 JOIN creature AS T2 ON T1.tank_id = T2.tank_id GROUP BY T1.tank_id ORDER BY count(*) DESC LIMIT 1	aquarium
SELECT T1.nickname FROM creature AS T1 JOIN tank AS T2 ON T1.tank_id = T2.tank_id WHERE T2.name = 'Lagoon' ORDER BY T1.weight DESC LIMIT 1	aquarium
SELECT min(hired) FROM baker	bakery
SELECT min(hired) FROM baker	bakery
SELECT sum(quantity) FROM purchase	bakery
SELECT DISTINCT specialty FROM baker	bakery
SELECT count(DISTINCT specialty) FROM baker	bakery
SELECT name FROM baker ORDER BY hired DESC	bakery
SELECT name FROM baker ORDER BY name ASC	bakery
SELECT hired FROM baker WHERE name = 'Olga Brandt'	bakery
SELECT name FROM baker WHERE specialty = 'cakes' OR specialty = 'bread'	bakery
SELECT name FROM baker WHERE specialty = 'cakes' OR specialty = 'bread'	bakery
SELECT name FROM baker WHERE name LIKE '%Pierre%'	bakery
SELECT name FROM baker WHERE name LIKE 'Q%'	bakery
SELECT min(weight), max(weight) FROM product	bakery
SELECT count(*), avg(quantity) FROM purchase WHERE weekday = 'Friday'	bakery
SELECT weekday, count(*) FROM purchase GROUP BY weekday HAVING count(*) > 2	bakery
SELECT T1.name FROM product AS T1 JOIN baker AS T2 ON T1.baker_id = T2.baker_id WHERE T2.name = 'Pierre Blanc'	bakery
SELECT count(*) FROM product AS T1 JOIN baker AS T2 ON T1.baker_id = T2.baker_id WHERE T2.name = 'Stefan Kohl'	bakery
SELECT T1.name FROM baker AS T1 JOIN product AS T2 ON T1.baker_id = T2.baker_id WHERE T2.name = 'baguette'	bakery
SELECT T1.name FROM product AS T1 JOIN baker AS T2 ON T1.baker_id = T2.baker_id WHERE T2.specialty = 'cakes'	bakery
SELECT T1.name FROM product AS T1 JOIN baker AS T2 ON T1.baker_id = T2.baker_id WHERE T2.hired > 2010	bakery
SELECT category FROM product WHERE weight > 750 INTERSECT SELECT category FROM product WHERE weight < 350	bakery
SELECT category FROM product WHERE weight > 750 INTERSECT SELECT category FROM product WHERE weight < 350	bakery
SELECT name FROM baker WHERE specialty = 'pastry' UNION SELECT name FROM baker WHERE hired < 2010	bakery
SELECT customer FROM purchase EXCEPT SELECT customer FROM purchase WHERE quantity < 65	bakery
SELECT customer FROM purchase GROUP BY customer ORDER BY count(*) DESC LIMIT 1	bakery
SELECT weekday FROM purchase GROUP BY weekday ORDER BY avg(quantity) DESC LIMIT 1	bakery
SELECT T1.name FROM product AS T1 JOIN baker AS T2 ON T1.baker_id = T2.baker_id WHERE T2.specialty = 'pastry' ORDER BY T1.weight DESC LIMIT 1	bakery
SELECT T1.name FROM product AS T1 JOIN baker AS T2 ON T1.baker_id = T2.baker_id WHERE T2.specialty = 'pastry' ORDER BY T1.weight DESC LIMIT 1	bakery
SELECT T1.name FROM product AS T1 JOIN purchase AS T2 ON T1.product_id = T2.product_id WHERE T2.customer = 'Town School' INTERSECT SELECT T1.name FROM product AS T1 JOIN purchase AS T2 ON T1.product_id = T2.product_id WHERE T2.customer = 'Cafe Luna'	bakery
SELECT name FROM product WHERE category = 'bread' AND weight > (SELECT avg(weight) FROM product)	bakery
SELECT T1.name FROM product AS T1 JOIN baker AS T2 ON T1.baker_id = T2.baker_id WHERE T2.name = 'Stefan Kohl' AND T1.weight < (SELECT avg(weight) FROM product)	bakery
SELECT color FROM bicycle WHERE model = 'Plover'	bike_rental
SELECT color FROM bicycle WHERE model = 'Plover'	bike_rental
SELECT depot_name FROM depot WHERE opened BETWEEN 2010 AND 2015	bike_rental
SELECT customer FROM rental GROUP BY customer HAVING count(*) > 3	bike_rental
SELECT depot_name FROM depot	bike_rental
SELECT count(*) FROM rental	bike_rental
SELECT model FROM bicycle WHERE color = 'green'	bike_rental
SELECT model FROM bicycle WHERE price < 1400	bike_rental
SELECT count(*) FROM rental AS T1 JOIN bicycle AS T2 ON T1.bicycle_id = T2.bicycle_id WHERE T2.style = 'folding'	bike_rental
SELECT count(*) FROM rental AS T1 JOIN bicycle AS T2 ON T1.bicycle_id = T2.bicycle_id WHERE T2.style = 'folding'	bike_rental
SELECT T1.model, T2.depot_name FROM bicycle AS T1 JOIN depot AS T2 ON T1.depot_id = T2.depot_id	bike_rental
SELECT T1.depot_name, count(*) FROM depot AS T1 JOIN bicycle AS T2 ON T1.depot_id = T2.depot_id GROUP BY T1.depot_id	bike_rental
SELECT T1.depot_name FROM depot AS T1 JOIN bicycle AS T2 ON T1.depot_id = T2.depot_id GROUP BY T1.depot_id HAVING count(*) = 1	bike_rental
SELECT T1.depot_name, avg(T2.price) FROM depot AS T1 JOIN bicycle AS T2 ON T1.depot_id = T2.depot_id GROUP BY T1.depot_id	bike_rental
SELECT avg(T1.price) FROM bicycle AS T1 JOIN depot AS T2 ON T1.depot_id = T2.depot_id WHERE T2.depot_name = 'Harbor Gate'	bike_rental
SELECT DISTINCT T1.depot_name FROM depot AS T1 JOIN bicycle AS T2 ON T1.depot_id = T2.depot_id WHERE T2.color = 'green'	bike_rental
SELECT model, price FROM bicycle	bike_rental
SELECT model, style, price FROM bicycle	bike_rental
SELECT model, price FROM bicycle WHERE style = 'mountain'	bike_rental
SELECT depot_name FROM depot ORDER BY docks DESC LIMIT 1	bike_rental
SELECT depot_name FROM depot WHERE district = 'Center' ORDER BY docks ASC LIMIT 1	bike_rental
SELECT depot_name FROM depot WHERE district = 'Center' ORDER BY docks ASC LIMIT 1	bike_rental
SELECT T1.model FROM bicycle AS T1 JOIN rental AS T2 ON T1.bicycle_id = T2.bicycle_id ORDER BY T2.minutes ASC LIMIT 1	bike_rental
SELECT T1.depot_name FROM depot AS T1 JOIN bicycle AS T2 ON T1.depot_id = T2.depot_id WHERE T2.style = 'mountain' GROUP BY T1.depot_id HAVING count(*) = 2	bike_rental
SELECT count(*) FROM rental AS T1 JOIN bicycle AS T2 ON T1.bicycle_id = T2.bicycle_id JOIN depot AS T3 ON T2.depot_id = T3.depot_id WHERE T3.depot_name = 'Station'	bike_rental
SELECT depot_name FROM depot WHERE docks > (SELECT avg(docks) FROM depot)	bike_rental
SELECT T1.depot_name FROM depot AS T1 JOIN bicycle AS T2 ON T1.depot_id = T2.depot_id GROUP BY T1.depot_id ORDER BY avg(T2.price) ASC LIMIT 1	bike_rental
SELECT T1.depot_name FROM depot AS T1 JOIN bicycle AS T2 ON T1.depot_id = T2.depot_id GROUP BY T1.depot_id ORDER BY avg(T2.price) ASC LIMIT 1	bike_rental
SELECT count(*) FROM bicycle WHERE bicycle_id NOT IN (SELECT bicycle_id FROM rental)	bike_rental
SELECT T1.model FROM bicycle AS T1 JOIN rental AS T2 ON T1.bicycle_id = T2.bicycle_id GROUP BY T1.bicycle_id ORDER BY count(*) DESC LIMIT 1	bike_rental
SELECT T1.model, count(*) FROM bicycle AS T1 JOIN rental AS T2 ON T1.bicycle_id = T2.bicycle_id GROUP BY T1.bicycle_id ORDER BY count(*) DESC LIMIT 1	bike_rental
SELECT count(*) FROM performance WHERE piece = 'Sea Shanty'	choir_festival
SELECT count(*) FROM performance WHERE piece = 'Sea Shanty'	choir_festival
SELECT count(*) FROM conductor WHERE years_active >= 20	choir_festival
SELECT avg(years_active) FROM conductor	choir_festival
SELECT max(points) FROM performance	choir_festival
SELECT sum(singers) FROM choir	choir_festival
SELECT DISTINCT evening FROM performance	choir_festival
SELECT count(DISTINCT nationality) FROM conductor	choir_festival
SELECT hometown FROM choir ORDER BY singers ASC LIMIT 1	choir_festival
SELECT hometown FROM choir ORDER BY singers ASC LIMIT 1	choir_festival
SELECT name FROM conductor ORDER BY years_active ASC LIMIT 3	choir_festival
SELECT nationality, count(*) FROM conductor GROUP BY nationality	choir_festival
SELECT nationality, avg(years_active) FROM conductor GROUP BY nationality	choir_festival
SELECT piece, max(points) FROM performance GROUP BY piece	choir_festival
SELECT name FROM conductor WHERE nationality = 'Norwegian' AND years_active < 20	choir_festival
SELECT count(*) FROM performance WHERE evening = 'Sunday' AND points >= 90	choir_festival
SELECT name FROM conductor WHERE nationality = 'Irish' OR nationality = 'Norwegian'	choir_festival
SELECT title FROM choir WHERE title LIKE '%Larks%'	choir_festival
SELECT name FROM conductor WHERE name LIKE 'K%'	choir_festival
SELECT min(years_active), max(years_active) FROM conductor	choir_festival
SELECT count(*) FROM conductor WHERE years_active < (SELECT avg(years_active) FROM conductor)	choir_festival
SELECT count(*) FROM conductor WHERE years_active < (SELECT avg(years_active) FROM conductor)	choir_festival
SELECT title FROM choir WHERE choir_id NOT IN (SELECT choir_id FROM conductor)	choir_festival
SELECT title FROM choir WHERE choir_id NOT IN (SELECT choir_id FROM performance WHERE evening = 'Saturday')	choir_festival
SELECT title FROM choir EXCEPT SELECT T1.title FROM choir AS T1 JOIN conductor AS T2 ON T1.choir_id = T2.choir_id WHERE T2.years_active < 4	choir_festival
SELECT nationality FROM conductor WHERE years_active > 17 INTERSECT SELECT nationality FROM conductor WHERE years_active < 6	choir_festival
SELECT T1.name FROM conductor AS T1 JOIN choir AS T2 ON T1.choir_id = T2.choir_id WHERE T2.title = 'Harbor Men' ORDER BY T1.years_active ASC LIMIT 1	choir_festival
SELECT T1.name FROM conductor AS T1 JOIN choir AS T2 ON T1.choir_id = T2.choir_id WHERE T2.title = 'Harbor Men' ORDER BY T1.years_active ASC LIMIT 1	choir_festival
SELECT T1.name FROM conductor AS T1 JOIN choir AS T2 ON T1.choir_id = T2.choir_id WHERE T2.hometown = 'Cork' ORDER BY T1.years_active DESC LIMIT 1	choir_festival
SELECT T1.title FROM choir AS T1 JOIN conductor AS T2 ON T1.choir_id = T2.choir_id WHERE T2.nationality = 'Belgian' INTERSECT SELECT T1.title FROM choir AS T1 JOIN conductor AS T2 ON T1.choir_id = T2.choir_id WHERE T2.nationality = 'Norwegian'	choir_festival
SELECT name FROM conductor WHERE nationality = 'Belgian' AND years_active > (SELECT avg(years_active) FROM conductor)	choir_festival
SELECT hall_name FROM hall ORDER BY area ASC	city_museum
SELECT hall_name FROM hall ORDER BY area ASC	city_museum
SELECT title FROM exhibit ORDER BY title ASC	city_museum
SELECT area FROM hall WHERE hall_name = 'Blue Gallery'	city_museum
SELECT language FROM guide WHERE name = 'Florian Adler'	city_museum
SELECT name FROM guide WHERE tours BETWEEN 6 AND 17	city_museum
SELECT language FROM guide GROUP BY language HAVING count(*) = 2	city_museum
SELECT title FROM exhibit	city_museum
SELECT count(*), avg(tours) FROM guide WHERE language = 'German'	city_museum
SELECT count(*), avg(tours) FROM guide WHERE language = 'German'	city_museum
SELECT language, count(*) FROM guide GROUP BY language HAVING count(*) > 2	city_museum
SELECT T1.title FROM exhibit AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id WHERE T2.hall_name = 'Long Gallery'	city_museum
SELECT count(*) FROM guide AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id WHERE T2.hall_name = 'Map Room'	city_museum
SELECT T1.hall_name FROM hall AS T1 JOIN guide AS T2 ON T1.hall_id = T2.hall_id WHERE T2.name = 'Florian Adler'	city_museum
SELECT T1.name FROM guide AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id WHERE T2.floor = 'ground'	city_museum
SELECT T1.title FROM exhibit AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id WHERE T2.area >= 380	city_museum
SELECT count(*) FROM exhibit AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id WHERE T2.floor = 'second'	city_museum
SELECT T1.name, T2.hall_name FROM guide AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id	city_museum
SELECT T1.hall_name, count(*) FROM hall AS T1 JOIN guide AS T2 ON T1.hall_id = T2.hall_id GROUP BY T1.hall_id	city_museum
SELECT T1.hall_name FROM hall AS T1 JOIN guide AS T2 ON T1.hall_id = T2.hall_id GROUP BY T1.hall_id HAVING count(*) > 2	city_museum
SELECT title FROM exhibit WHERE origin = 'Germany' UNION SELECT title FROM exhibit WHERE insured_value < 9500	city_museum
SELECT title FROM exhibit WHERE origin = 'Germany' UNION SELECT title FROM exhibit WHERE insured_value < 9500	city_museum
SELECT floor FROM hall EXCEPT SELECT floor FROM hall WHERE area < 95	city_museum
SELECT floor FROM hall GROUP BY floor ORDER BY count(*) DESC LIMIT 1	city_museum
SELECT language FROM guide GROUP BY language ORDER BY avg(tours) DESC LIMIT 1	city_museum
SELECT name FROM guide WHERE language = 'French' ORDER BY tours DESC LIMIT 1	city_museum
SELECT T1.title FROM exhibit AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id WHERE T2.hall_name = 'Armory' AND T1.insured_value > (SELECT avg(insured_value) FROM exhibit)	city_museum
SELECT T1.title FROM exhibit AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id WHERE T2.hall_name = 'Armory' AND T1.insured_value > (SELECT avg(insured_value) FROM exhibit)	city_museum
SELECT T1.hall_name FROM hall AS T1 JOIN exhibit AS T2 ON T1.hall_id = T2.hall_id GROUP BY T1.hall_id ORDER BY avg(T2.insured_value) ASC LIMIT 1	city_museum
SELECT count(*) FROM hall WHERE hall_id NOT IN (SELECT hall_id FROM guide)	city_museum
SELECT T1.hall_name FROM hall AS T1 JOIN guide AS T2 ON T1.hall_id = T2.hall_id GROUP BY T1.hall_id ORDER BY count(*) DESC LIMIT 1	city_museum
SELECT count(*) FROM lesson	dog_school
SELECT count(*) FROM lesson	dog_school
SELECT name FROM dog WHERE coat = 'golden'	dog_school
SELECT name FROM dog WHERE weight < 12	dog_school
SELECT count(*) FROM lesson WHERE skill = 'recall'	dog_school
SELECT count(*) FROM owner WHERE age < 60	dog_school
SELECT avg(score) FROM lesson	dog_school
SELECT min(age) FROM owner	dog_school
SELECT T1.name, avg(T2.score) FROM dog AS T1 JOIN lesson AS T2 ON T1.dog_id = T2.dog_id GROUP BY T1.dog_id	dog_school
SELECT T1.name, avg(T2.score) FROM dog AS T1 JOIN lesson AS T2 ON T1.dog_id = T2.dog_id GROUP BY T1.dog_id	dog_school
SELECT avg(T1.weight) FROM dog AS T1 JOIN owner AS T2 ON T1.owner_id = T2.owner_id WHERE T2.name = 'Carol Diaz'	dog_school
SELECT DISTINCT T1.name FROM dog AS T1 JOIN lesson AS T2 ON T1.dog_id = T2.dog_id WHERE T2.trainer = 'Mr Hale'	dog_school
SELECT name, age FROM owner	dog_school
SELECT name, breed, weight FROM dog	dog_school
SELECT name, age FROM owner WHERE street = 'Hill Road'	dog_school
SELECT name FROM owner ORDER BY age DESC LIMIT 1	dog_school
SELECT skill FROM lesson ORDER BY score DESC LIMIT 1	dog_school
SELECT name FROM owner ORDER BY age DESC LIMIT 3	dog_school
SELECT street, count(*) FROM owner GROUP BY street	dog_school
SELECT skill, avg(score) FROM lesson GROUP BY skill	dog_school
SELECT T1.name FROM owner AS T1 JOIN dog AS T2 ON T1.owner_id = T2.owner_id ORDER BY T2.weight DESC LIMIT 1	dog_school
SELECT T1.name FROM owner AS T1 JOIN dog AS T2 ON T1.owner_id = T2.owner_id ORDER BY T2.weight DESC LIMIT 1	dog_school
SELECT T1.name FROM dog AS T1 JOIN lesson AS T2 ON T1.dog_id = T2.dog_id WHERE T2.trainer = 'Mr Hale' GROUP BY T1.dog_id HAVING count(*) = 2	dog_school
SELECT count(*) FROM lesson AS T1 JOIN dog AS T2 ON T1.dog_id = T2.dog_id JOIN owner AS T3 ON T2.owner_id = T3.owner_id WHERE T3.name = 'Dennis Egan'	dog_school
SELECT name FROM dog WHERE weight < (SELECT avg(weight) FROM dog)	dog_school
SELECT count(*) FROM dog WHERE weight < (SELECT avg(weight) FROM dog)	dog_school
SELECT T1.name, count(*) FROM owner AS T1 JOIN dog AS T2 ON T1.owner_id = T2.owner_id GROUP BY T1.owner_id ORDER BY count(*) DESC LIMIT 1	dog_school
SELECT T1.name, count(*) FROM owner AS T1 JOIN dog AS T2 ON T1.owner_id = T2.owner_id GROUP BY T1.owner_id ORDER BY count(*) DESC LIMIT 1	dog_school
SELECT T1.name FROM dog AS T1 JOIN owner AS T2 ON T1.owner_id = T2.owner_id WHERE T2.name = 'Alice Penn' ORDER BY T1.weight ASC LIMIT 1	dog_school
SELECT T1.name FROM dog AS T1 JOIN owner AS T2 ON T1.owner_id = T2.owner_id WHERE T2.street = 'Oak Street' ORDER BY T1.weight DESC LIMIT 1	dog_school
SELECT T1.name FROM dog AS T1 JOIN lesson AS T2 ON T1.dog_id = T2.dog_id WHERE T2.skill = 'recall' INTERSECT SELECT T1.name FROM dog AS T1 JOIN lesson AS T2 ON T1.dog_id = T2.dog_id WHERE T2.skill = 'agility'	dog_school
SELECT DISTINCT island FROM harbor	ferry_line
SELECT DISTINCT island FROM harbor	ferry_line
SELECT sum(passengers) FROM crossing	ferry_line
SELECT count(DISTINCT builder) FROM ferry	ferry_line
SELECT name FROM harbor ORDER BY depth ASC	ferry_line
SELECT name FROM harbor ORDER BY name ASC	ferry_line
SELECT depth FROM harbor WHERE name = 'North Quay'	ferry_line
SELECT island FROM harbor WHERE name = 'North Quay'	ferry_line
SELECT weather, max(passengers) FROM crossing GROUP BY weather	ferry_line
SELECT weather, max(passengers) FROM crossing GROUP BY weather	ferry_line
SELECT name FROM harbor WHERE island = 'Orsa' AND depth > 5	ferry_line
SELECT count(*) FROM ferry WHERE builder = 'Aker Yard' AND seats >= 310	ferry_line
SELECT name FROM ferry WHERE builder = 'Delta Marine' OR builder = 'Holm Brothers'	ferry_line
SELECT name FROM ferry WHERE name LIKE '%Northern%'	ferry_line
SELECT name FROM harbor WHERE name LIKE 'S%'	ferry_line
SELECT min(passengers), max(passengers) FROM crossing	ferry_line
SELECT count(*), avg(passengers) FROM crossing WHERE season = 'spring'	ferry_line
SELECT island, count(*) FROM harbor GROUP BY island HAVING count(*) > 2	ferry_line
SELECT T1.name FROM ferry AS T1 JOIN harbor AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.name = 'Whitesand'	ferry_line
SELECT count(*) FROM crossing AS T1 JOIN ferry AS T2 ON T1.ferry_id = T2.ferry_id WHERE T2.name = 'Queen Maud'	ferry_line
SELECT name FROM harbor WHERE harbor_id NOT IN (SELECT harbor_id FROM ferry)	ferry_line
SELECT name FROM harbor WHERE harbor_id NOT IN (SELECT harbor_id FROM ferry)	ferry_line
SELECT name FROM harbor WHERE harbor_id NOT IN (SELECT harbor_id FROM ferry WHERE builder = 'Aker Yard')	ferry_line
SELECT name FROM ferry EXCEPT SELECT T1.name FROM ferry AS T1 JOIN crossing AS T2 ON T1.ferry_id = T2.ferry_id WHERE T2.passengers > 260	ferry_line
SELECT island FROM harbor WHERE depth > 11 INTERSECT SELECT island FROM harbor WHERE depth < 6	ferry_line
SELECT name FROM harbor WHERE island = 'Skarra' UNION SELECT name FROM harbor WHERE depth < 11	ferry_line
SELECT name FROM harbor WHERE island = 'Mellin' AND depth > (SELECT avg(depth) FROM harbor)	ferry_line
SELECT name FROM harbor WHERE island = 'Mellin' AND depth > (SELECT avg(depth) FROM harbor)	ferry_line
SELECT T1.name FROM ferry AS T1 JOIN harbor AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.name = 'North Quay' AND T1.seats < (SELECT avg(seats) FROM ferry)	ferry_line
SELECT T1.name FROM harbor AS T1 JOIN ferry AS T2 ON T1.harbor_id = T2.harbor_id GROUP BY T1.harbor_id ORDER BY avg(T2.seats) ASC LIMIT 1	ferry_line
SELECT count(*) FROM harbor WHERE harbor_id NOT IN (SELECT harbor_id FROM ferry)	ferry_line
SELECT name FROM flower WHERE price BETWEEN 1 AND 3	flower_shop
SELECT name FROM flower WHERE price BETWEEN 1 AND 3	flower_shop
SELECT florist FROM bouquet GROUP BY florist HAVING count(*) >= 3	flower_shop
SELECT name FROM flower	flower_shop
SELECT count(*) FROM flower	flower_shop
SELECT name FROM flower WHERE scent = 'strong'	flower_shop
SELECT name FROM flower WHERE stem < 60	flower_shop
SELECT count(*) FROM flower WHERE scent = 'sweet'	flower_shop
SELECT T1.name FROM grower AS T1 JOIN flower AS T2 ON T1.grower_id = T2.grower_id WHERE T2.name = 'white lily'	flower_shop
SELECT T1.name FROM grower AS T1 JOIN flower AS T2 ON T1.grower_id = T2.grower_id WHERE T2.name = 'white lily'	flower_shop
SELECT T1.name FROM flower AS T1 JOIN grower AS T2 ON T1.grower_id = T2.grower_id WHERE T2.region = 'Provence'	flower_shop
SELECT T1.name FROM flower AS T1 JOIN grower AS T2 ON T1.grower_id = T2.grower_id WHERE T2.fields < 6	flower_shop
SELECT count(*) FROM bouquet AS T1 JOIN flower AS T2 ON T1.flower_id = T2.flower_id WHERE T2.scent = 'sweet'	flower_shop
SELECT T1.name, T2.name FROM flower AS T1 JOIN grower AS T2 ON T1.grower_id = T2.grower_id	flower_shop
SELECT T1.name, count(*) FROM grower AS T1 JOIN flower AS T2 ON T1.grower_id = T2.grower_id GROUP BY T1.grower_id	flower_shop
SELECT T1.name FROM grower AS T1 JOIN flower AS T2 ON T1.grower_id = T2.grower_id GROUP BY T1.grower_id HAVING count(*) > 3	flower_shop
SELECT T1.name, avg(T2.price) FROM grower AS T1 JOIN flower AS T2 ON T1.grower_id = T2.grower_id GROUP BY T1.grower_id	flower_shop
SELECT avg(T1.price) FROM flower AS T1 JOIN grower AS T2 ON T1.grower_id = T2.grower_id WHERE T2.name = 'Petal and Co'	flower_shop
SELECT DISTINCT T1.name FROM grower AS T1 JOIN flower AS T2 ON T1.grower_id = T2.grower_id WHERE T2.color = 'red'	flower_shop
SELECT name, fields FROM grower	flower_shop
SELECT region FROM grower EXCEPT SELECT region FROM grower WHERE fields >= 17	flower_shop
SELECT region FROM grower EXCEPT SELECT region FROM grower WHERE fields >= 17	flower_shop
SELECT occasion FROM bouquet GROUP BY occasion ORDER BY count(*) DESC LIMIT 1	flower_shop
SELECT color FROM flower GROUP BY color ORDER BY avg(price) DESC LIMIT 1	flower_shop
SELECT name FROM grower WHERE region = 'Holland' ORDER BY fields ASC LIMIT 1	flower_shop
SELECT T1.name FROM grower AS T1 JOIN flower AS T2 ON T1.grower_id = T2.grower_id ORDER BY T2.stem DESC LIMIT 1	flower_shop
SELECT T1.name FROM grower AS T1 JOIN flower AS T2 ON T1.grower_id = T2.grower_id GROUP BY T1.grower_id ORDER BY count(*) DESC LIMIT 1	flower_shop
SELECT T1.name FROM grower AS T1 JOIN flower AS T2 ON T1.grower_id = T2.grower_id GROUP BY T1.grower_id ORDER BY count(*) DESC LIMIT 1	flower_shop
SELECT T1.name, count(*) FROM grower AS T1 JOIN flower AS T2 ON T1.grower_id = T2.grower_id GROUP BY T1.grower_id ORDER BY count(*) DESC LIMIT 1	flower_shop
SELECT T1.name FROM flower AS T1 JOIN grower AS T2 ON T1.grower_id = T2.grower_id WHERE T2.name = 'De Wit' ORDER BY T1.stem DESC LIMIT 1	flower_shop
SELECT T1.name FROM flower AS T1 JOIN grower AS T2 ON T1.grower_id = T2.grower_id WHERE T2.region = 'Holland' ORDER BY T1.stem ASC LIMIT 1	flower_shop
SELECT count(*) FROM session WHERE score >= 13000	game_arcade
SELECT count(*) FROM session WHERE score >= 13000	game_arcade
SELECT avg(score) FROM session	game_arcade
SELECT min(score) FROM session	game_arcade
SELECT sum(tokens) FROM gamer	game_arcade
SELECT DISTINCT mode FROM session	game_arcade
SELECT count(DISTINCT maker) FROM machine	game_arcade
SELECT nickname FROM gamer ORDER BY age DESC	game_arcade
SELECT title, maker, screen FROM machine	game_arcade
SELECT title, maker, screen FROM machine	game_arcade
SELECT nickname, age FROM gamer WHERE suburb = 'Fairview'	game_arcade
SELECT nickname FROM gamer ORDER BY tokens ASC LIMIT 1	game_arcade
SELECT maker FROM machine ORDER BY released ASC LIMIT 1	game_arcade
SELECT title FROM machine ORDER BY screen ASC LIMIT 2	game_arcade
SELECT maker, count(*) FROM machine GROUP BY maker	game_arcade
SELECT suburb, avg(tokens) FROM gamer GROUP BY suburb	game_arcade
SELECT maker, max(released) FROM machine GROUP BY maker	game_arcade
SELECT nickname FROM gamer WHERE suburb = 'Glenhurst' AND tokens > 7	game_arcade
SELECT count(*) FROM machine WHERE maker = 'Goldbyte' AND released > 1985	game_arcade
SELECT title FROM machine WHERE maker = 'Pixelworks' OR maker = 'Arcadia'	game_arcade
SELECT T1.title FROM machine AS T1 JOIN gamer AS T2 ON T1.machine_id = T2.machine_id WHERE T2.suburb = 'Fairview' GROUP BY T1.machine_id HAVING count(*) >= 2	game_arcade
SELECT T1.title FROM machine AS T1 JOIN gamer AS T2 ON T1.machine_id = T2.machine_id WHERE T2.suburb = 'Fairview' GROUP BY T1.machine_id HAVING count(*) >= 2	game_arcade
SELECT count(*) FROM session AS T1 JOIN gamer AS T2 ON T1.gamer_id = T2.gamer_id JOIN machine AS T3 ON T2.machine_id = T3.machine_id WHERE T3.title = 'Laser Rink'	game_arcade
SELECT nickname FROM gamer WHERE age < (SELECT avg(age) FROM gamer)	game_arcade
SELECT count(*) FROM gamer WHERE age > (SELECT avg(age) FROM gamer)	game_arcade
SELECT nickname FROM gamer WHERE gamer_id NOT IN (SELECT gamer_id FROM session)	game_arcade
SELECT T1.nickname FROM gamer AS T1 JOIN session AS T2 ON T1.gamer_id = T2.gamer_id WHERE T2.month = 'March' INTERSECT SELECT T1.nickname FROM gamer AS T1 JOIN session AS T2 ON T1.gamer_id = T2.gamer_id WHERE T2.month = 'May'	game_arcade
SELECT T1.nickname FROM gamer AS T1 JOIN session AS T2 ON T1.gamer_id = T2.gamer_id WHERE T2.month = 'March' INTERSECT SELECT T1.nickname FROM gamer AS T1 JOIN session AS T2 ON T1.gamer_id = T2.gamer_id WHERE T2.month = 'May'	game_arcade
SELECT nickname FROM gamer WHERE suburb = 'Eastwood' AND age > (SELECT avg(age) FROM gamer)	game_arcade
SELECT T1.nickname FROM gamer AS T1 JOIN machine AS T2 ON T1.machine_id = T2.machine_id WHERE T2.title = 'Laser Rink' AND T1.tokens > (SELECT avg(tokens) FROM gamer)	game_arcade
SELECT T1.title FROM machine AS T1 JOIN gamer AS T2 ON T1.machine_id = T2.machine_id GROUP BY T1.machine_id ORDER BY avg(T2.age) ASC LIMIT 1	game_arcade
SELECT name FROM meadow ORDER BY name ASC	honey_farm
SELECT name FROM meadow ORDER BY name ASC	honey_farm
SELECT harvest FROM hive WHERE tag = 'Iris'	honey_farm
SELECT village FROM beekeeper WHERE full_name = 'Celia Frost'	honey_farm
SELECT tag FROM hive WHERE installed BETWEEN 2015 AND 2020	honey_farm
SELECT facing FROM meadow GROUP BY facing HAVING count(*) > 2	honey_farm
SELECT tag FROM hive	honey_farm
SELECT count(*) FROM meadow	honey_farm
SELECT tag FROM hive WHERE tag LIKE '%Juniper%'	honey_farm
SELECT tag FROM hive WHERE tag LIKE '%Juniper%'	honey_farm
SELECT name FROM meadow WHERE name LIKE 'C%'	honey_farm
SELECT min(installed), max(installed) FROM hive	honey_farm
SELECT count(*), avg(hectares) FROM meadow WHERE facing = 'west'	honey_farm
SELECT facing, count(*) FROM meadow GROUP BY facing HAVING count(*) >= 2	honey_farm
SELECT T1.tag FROM hive AS T1 JOIN meadow AS T2 ON T1.meadow_id = T2.meadow_id WHERE T2.name = 'Clover Field'	honey_farm
SELECT count(*) FROM beekeeper AS T1 JOIN meadow AS T2 ON T1.meadow_id = T2.meadow_id WHERE T2.name = 'Clover Field'	honey_farm
SELECT T1.name FROM meadow AS T1 JOIN hive AS T2 ON T1.meadow_id = T2.meadow_id WHERE T2.tag = 'Ginger'	honey_farm
SELECT T1.tag FROM hive AS T1 JOIN meadow AS T2 ON T1.meadow_id = T2.meadow_id WHERE T2.facing = 'west'	honey_farm
SELECT T1.full_name FROM beekeeper AS T1 JOIN meadow AS T2 ON T1.meadow_id = T2.meadow_id WHERE T2.hectares >= 12	honey_farm
SELECT count(*) FROM hive AS T1 JOIN meadow AS T2 ON T1.meadow_id = T2.meadow_id WHERE T2.facing = 'west'	honey_farm
SELECT name FROM meadow WHERE meadow_id NOT IN (SELECT meadow_id FROM beekeeper WHERE village = 'Eastleigh')	honey_farm
SELECT name FROM meadow WHERE meadow_id NOT IN (SELECT meadow_id FROM beekeeper WHERE village = 'Eastleigh')	honey_farm
SELECT name FROM meadow EXCEPT SELECT T1.name FROM meadow AS T1 JOIN hive AS T2 ON T1.meadow_id = T2.meadow_id WHERE T2.harvest > 18	honey_farm
SELECT breed FROM hive WHERE installed > 2020 INTERSECT SELECT breed FROM hive WHERE installed < 2015	honey_farm
SELECT name FROM meadow WHERE facing = 'east' UNION SELECT name FROM meadow WHERE hectares > 5	honey_farm
SELECT facing FROM meadow EXCEPT SELECT facing FROM meadow WHERE hectares > 5	honey_farm
SELECT count(*) FROM meadow WHERE meadow_id NOT IN (SELECT meadow_id FROM beekeeper)	honey_farm
SELECT count(*) FROM meadow WHERE meadow_id NOT IN (SELECT meadow_id FROM beekeeper)	honey_farm
SELECT T1.name FROM meadow AS T1 JOIN hive AS T2 ON T1.meadow_id = T2.meadow_id GROUP BY T1.meadow_id ORDER BY count(*) DESC LIMIT 1	honey_farm
SELECT T1.name, count(*) FROM meadow AS T1 JOIN beekeeper AS T2 ON T1.meadow_id = T2.meadow_id GROUP BY T1.meadow_id ORDER BY count(*) DESC LIMIT 1	honey_farm
SELECT T1.tag FROM hive AS T1 JOIN meadow AS T2 ON T1.meadow_id = T2.meadow_id WHERE T2.name = 'Heather Moor' ORDER BY T1.harvest ASC LIMIT 1	honey_farm
SELECT title FROM course WHERE level = 'intermediate'	language_school
SELECT title FROM course WHERE level = 'intermediate'	language_school
SELECT name FROM pupil WHERE age < 25	language_school
SELECT count(*) FROM enrollment WHERE term = 'summer'	language_school
SELECT count(*) FROM pupil WHERE age < 20	language_school
SELECT avg(fee) FROM course	language_school
SELECT min(grade) FROM enrollment	language_school
SELECT DISTINCT term FROM enrollment	language_school
SELECT T1.name, count(*) FROM pupil AS T1 JOIN enrollment AS T2 ON T1.pupil_id = T2.pupil_id GROUP BY T1.pupil_id	language_school
SELECT T1.name, count(*) FROM pupil AS T1 JOIN enrollment AS T2 ON T1.pupil_id = T2.pupil_id GROUP BY T1.pupil_id	language_school
SELECT T1.title FROM course AS T1 JOIN enrollment AS T2 ON T1.course_id = T2.course_id GROUP BY T1.course_id HAVING count(*) = 1	language_school
SELECT T1.name, avg(T2.grade) FROM pupil AS T1 JOIN enrollment AS T2 ON T1.pupil_id = T2.pupil_id GROUP BY T1.pupil_id	language_school
SELECT avg(T1.grade) FROM enrollment AS T1 JOIN course AS T2 ON T1.course_id = T2.course_id WHERE T2.title = 'German on Stage'	language_school
SELECT DISTINCT T1.name FROM pupil AS T1 JOIN enrollment AS T2 ON T1.pupil_id = T2.pupil_id WHERE T2.term = 'autumn'	language_school
SELECT name, age FROM pupil	language_school
SELECT name, hometown, age FROM pupil	language_school
SELECT name, age FROM pupil WHERE hometown = 'Cardiff'	language_school
SELECT name FROM pupil ORDER BY age DESC LIMIT 1	language_school
SELECT hometown FROM pupil ORDER BY age DESC LIMIT 1	language_school
SELECT name FROM pupil ORDER BY age DESC LIMIT 4	language_school
SELECT DISTINCT T1.name FROM pupil AS T1 JOIN enrollment AS T2 ON T1.pupil_id = T2.pupil_id JOIN course AS T3 ON T2.course_id = T3.course_id WHERE T3.title = 'German on Stage'	language_school
SELECT DISTINCT T1.name FROM pupil AS T1 JOIN enrollment AS T2 ON T1.pupil_id = T2.pupil_id JOIN course AS T3 ON T2.course_id = T3.course_id WHERE T3.title = 'German on Stage'	language_school
SELECT term FROM enrollment GROUP BY term ORDER BY count(*) DESC LIMIT 1	language_school
SELECT language FROM course GROUP BY language ORDER BY avg(weeks) DESC LIMIT 1	language_school
SELECT name FROM pupil WHERE hometown = 'Malmo' ORDER BY age DESC LIMIT 1	language_school
SELECT T1.title FROM course AS T1 JOIN enrollment AS T2 ON T1.course_id = T2.course_id ORDER BY T2.grade DESC LIMIT 1	language_school
SELECT T1.name FROM pupil AS T1 JOIN enrollment AS T2 ON T1.pupil_id = T2.pupil_id WHERE T2.term = 'summer' INTERSECT SELECT T1.name FROM pupil AS T1 JOIN enrollment AS T2 ON T1.pupil_id = T2.pupil_id WHERE T2.term = 'spring'	language_school
SELECT T1.name FROM pupil AS T1 JOIN enrollment AS T2 ON T1.pupil_id = T2.pupil_id WHERE T2.term = 'summer' INTERSECT SELECT T1.name FROM pupil AS T1 JOIN enrollment AS T2 ON T1.pupil_id = T2.pupil_id WHERE T2.term = 'spring'	language_school
SELECT name FROM pupil WHERE hometown = 'Cardiff' AND age > (SELECT avg(age) FROM pupil)	language_school
SELECT T1.title FROM course AS T1 JOIN enrollment AS T2 ON T1.course_id = T2.course_id GROUP BY T1.course_id ORDER BY avg(T2.grade) DESC LIMIT 1	language_school
SELECT count(*) FROM pupil WHERE pupil_id NOT IN (SELECT pupil_id FROM enrollment)	language_school
SELECT count(DISTINCT training) FROM warden	mountain_huts
SELECT count(DISTINCT training) FROM warden	mountain_huts
SELECT sum(length_km) FROM trail	mountain_huts
SELECT name FROM warden ORDER BY salary ASC	mountain_huts
SELECT name FROM warden ORDER BY name ASC	mountain_huts
SELECT beds FROM hut WHERE name = 'Ridge Shelter'	mountain_huts
SELECT valley FROM hut WHERE name = 'Eagle Hut'	mountain_huts
SELECT name FROM hut WHERE beds BETWEEN 14 AND 55	mountain_huts
SELECT T1.trail_name, T2.name FROM trail AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id	mountain_huts
SELECT T1.trail_name, T2.name FROM trail AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id	mountain_huts
SELECT training, count(*) FROM warden GROUP BY training	mountain_huts
SELECT difficulty, avg(length_km) FROM trail GROUP BY difficulty	mountain_huts
SELECT training, min(salary) FROM warden GROUP BY training	mountain_huts
SELECT trail_name FROM trail WHERE difficulty = 'easy' AND length_km > 5	mountain_huts
SELECT count(*) FROM warden WHERE training = 'climber' AND age < 30	mountain_huts
SELECT name FROM hut WHERE valley = 'Roth Valley' OR valley = 'Lauter Valley'	mountain_huts
SELECT name FROM hut WHERE name LIKE '%Eagle%'	mountain_huts
SELECT name FROM hut WHERE name LIKE 'P%'	mountain_huts
SELECT min(altitude), max(altitude) FROM hut	mountain_huts
SELECT count(*), avg(length_km) FROM trail WHERE difficulty = 'easy'	mountain_huts
SELECT T1.name FROM hut AS T1 JOIN trail AS T2 ON T1.hut_id = T2.hut_id WHERE T2.difficulty = 'hard' GROUP BY T1.hut_id HAVING count(*) = 1	mountain_huts
SELECT T1.name FROM hut AS T1 JOIN trail AS T2 ON T1.hut_id = T2.hut_id WHERE T2.difficulty = 'hard' GROUP BY T1.hut_id HAVING count(*) = 1	mountain_huts
SELECT name FROM hut WHERE altitude < (SELECT avg(altitude) FROM hut)	mountain_huts
SELECT count(*) FROM warden WHERE salary < (SELECT avg(salary) FROM warden)	mountain_huts
SELECT name FROM hut WHERE hut_id NOT IN (SELECT hut_id FROM trail)	mountain_huts
SELECT name FROM hut WHERE hut_id NOT IN (SELECT hut_id FROM trail WHERE difficulty = 'hard')	mountain_huts
SELECT T1.trail_name FROM trail AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id WHERE T2.valley = 'Kander Valley' ORDER BY T1.length_km ASC LIMIT 1	mountain_huts
SELECT T1.trail_name FROM trail AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id WHERE T2.valley = 'Kander Valley' ORDER BY T1.length_km ASC LIMIT 1	mountain_huts
SELECT T1.trail_name FROM trail AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id WHERE T2.name = 'Lake Hut' AND T1.length_km < (SELECT avg(length_km) FROM trail)	mountain_huts
SELECT T1.name FROM hut AS T1 JOIN warden AS T2 ON T1.hut_id = T2.hut_id GROUP BY T1.hut_id ORDER BY count(*) DESC LIMIT 1	mountain_huts
SELECT T1.name, count(*) FROM hut AS T1 JOIN warden AS T2 ON T1.hut_id = T2.hut_id GROUP BY T1.hut_id ORDER BY count(*) DESC LIMIT 1	mountain_huts
SELECT cuisine FROM stall GROUP BY cuisine HAVING count(*) > 2	night_market
SELECT cuisine FROM stall GROUP BY cuisine HAVING count(*) > 2	night_market
SELECT full_name FROM helper	night_market
SELECT count(*) FROM stall	night_market
SELECT name FROM snack WHERE flavor = 'sweet'	night_market
SELECT name FROM snack WHERE calories > 420	night_market
SELECT count(*) FROM helper WHERE chore = 'cleaning'	night_market
SELECT count(*) FROM stall WHERE rent < 320	night_market
SELECT cuisine, count(*) FROM stall GROUP BY cuisine HAVING count(*) >= 3	night_market
SELECT cuisine, count(*) FROM stall GROUP BY cuisine HAVING count(*) >= 3	night_market
SELECT T1.name FROM snack AS T1 JOIN stall AS T2 ON T1.stall_id = T2.stall_id WHERE T2.sign = 'Golden Wok'	night_market
SELECT count(*) FROM snack AS T1 JOIN stall AS T2 ON T1.stall_id = T2.stall_id WHERE T2.sign = 'Taco Moon'	night_market
SELECT T1.sign FROM stall AS T1 JOIN helper AS T2 ON T1.stall_id = T2.stall_id WHERE T2.full_name = 'Wei Zhang'	night_market
SELECT T1.full_name FROM helper AS T1 JOIN stall AS T2 ON T1.stall_id = T2.stall_id WHERE T2.cuisine = 'Chinese'	night_market
SELECT T1.full_name FROM helper AS T1 JOIN stall AS T2 ON T1.stall_id = T2.stall_id WHERE T2.rent < 310	night_market
SELECT count(*) FROM helper AS T1 JOIN stall AS T2 ON T1.stall_id = T2.stall_id WHERE T2.row_letter = 'A'	night_market
SELECT T1.name, T2.sign FROM snack AS T1 JOIN stall AS T2 ON T1.stall_id = T2.stall_id	night_market
SELECT T1.sign, count(*) FROM stall AS T1 JOIN helper AS T2 ON T1.stall_id = T2.stall_id GROUP BY T1.stall_id	night_market
SELECT T1.sign FROM stall AS T1 JOIN snack AS T2 ON T1.stall_id = T2.stall_id GROUP BY T1.stall_id HAVING count(*) > 2	night_market
SELECT T1.sign, avg(T2.calories) FROM stall AS T1 JOIN snack AS T2 ON T1.stall_id = T2.stall_id GROUP BY T1.stall_id	night_market
SELECT sign FROM stall EXCEPT SELECT T1.sign FROM stall AS T1 JOIN helper AS T2 ON T1.stall_id = T2.stall_id WHERE T2.earnings >= 16	night_market
SELECT sign FROM stall EXCEPT SELECT T1.sign FROM stall AS T1 JOIN helper AS T2 ON T1.stall_id = T2.stall_id WHERE T2.earnings >= 16	night_market
SELECT cuisine FROM stall WHERE rent > 310 INTERSECT SELECT cuisine FROM stall WHERE rent < 260	night_market
SELECT name FROM snack WHERE flavor = 'savory' UNION SELECT name FROM snack WHERE calories >= 380	night_market
SELECT row_letter FROM stall EXCEPT SELECT row_letter FROM stall WHERE rent > 310	night_market
SELECT flavor FROM snack GROUP BY flavor ORDER BY count(*) DESC LIMIT 1	night_market
SELECT T1.full_name FROM helper AS T1 JOIN stall AS T2 ON T1.stall_id = T2.stall_id WHERE T2.sign = 'Taco Moon' ORDER BY T1.earnings ASC LIMIT 1	night_market
SELECT T1.full_name FROM helper AS T1 JOIN stall AS T2 ON T1.stall_id = T2.stall_id WHERE T2.sign = 'Taco Moon' ORDER BY T1.earnings ASC LIMIT 1	night_market
SELECT T1.name FROM snack AS T1 JOIN stall AS T2 ON T1.stall_id = T2.stall_id WHERE T2.row_letter = 'B' ORDER BY T1.price DESC LIMIT 1	night_market
SELECT T1.sign FROM stall AS T1 JOIN snack AS T2 ON T1.stall_id = T2.stall_id WHERE T2.flavor = 'spicy' INTERSECT SELECT T1.sign FROM stall AS T1 JOIN snack AS T2 ON T1.stall_id = T2.stall_id WHERE T2.flavor = 'sweet'	night_market
SELECT name FROM snack WHERE flavor = 'spicy' AND price < (SELECT avg(price) FROM snack)	night_market
SELECT avg(plays) FROM episode	podcast_network
SELECT avg(plays) FROM episode	podcast_network
SELECT max(subscribers) FROM podcast	podcast_network
SELECT sum(minutes) FROM episode	podcast_network
SELECT DISTINCT country FROM host	podcast_network
SELECT count(DISTINCT season) FROM episode	podcast_network
SELECT headline FROM episode ORDER BY minutes DESC	podcast_network
SELECT headline FROM episode ORDER BY headline ASC	podcast_network
SELECT avg(T1.plays) FROM episode AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.title = 'Slow Bread'	podcast_network
SELECT avg(T1.plays) FROM episode AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.title = 'Slow Bread'	podcast_network
SELECT DISTINCT T1.title FROM podcast AS T1 JOIN host AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.country = 'Scotland'	podcast_network
SELECT headline, plays FROM episode	podcast_network
SELECT name, country, age FROM host	podcast_network
SELECT headline, plays FROM episode WHERE season = 'second'	podcast_network
SELECT name FROM host ORDER BY age DESC LIMIT 1	podcast_network
SELECT country FROM host ORDER BY age ASC LIMIT 1	podcast_network
SELECT headline FROM episode ORDER BY plays ASC LIMIT 3	podcast_network
SELECT season, count(*) FROM episode GROUP BY season	podcast_network
SELECT topic, avg(subscribers) FROM podcast GROUP BY topic	podcast_network
SELECT season, max(minutes) FROM episode GROUP BY season	podcast_network
SELECT topic FROM podcast GROUP BY topic ORDER BY avg(subscribers) ASC LIMIT 1	podcast_network
SELECT topic FROM podcast GROUP BY topic ORDER BY avg(subscribers) ASC LIMIT 1	podcast_network
SELECT name FROM host WHERE country = 'Spain' ORDER BY age DESC LIMIT 1	podcast_network
SELECT T1.title FROM podcast AS T1 JOIN host AS T2 ON T1.podcast_id = T2.podcast_id ORDER BY T2.age ASC LIMIT 1	podcast_network
SELECT headline FROM episode WHERE plays < (SELECT avg(plays) FROM episode)	podcast_network
SELECT count(*) FROM episode WHERE minutes < (SELECT avg(minutes) FROM episode)	podcast_network
SELECT T1.name FROM host AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.title = 'Kitchen Table' AND T1.age > (SELECT avg(age) FROM host)	podcast_network
SELECT T1.name FROM host AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.title = 'Kitchen Table' AND T1.age > (SELECT avg(age) FROM host)	podcast_network
SELECT T1.title FROM podcast AS T1 JOIN episode AS T2 ON T1.podcast_id = T2.podcast_id GROUP BY T1.podcast_id ORDER BY avg(T2.minutes) ASC LIMIT 1	podcast_network
SELECT count(*) FROM podcast WHERE podcast_id NOT IN (SELECT podcast_id FROM host)	podcast_network
SELECT T1.title FROM podcast AS T1 JOIN episode AS T2 ON T1.podcast_id = T2.podcast_id GROUP BY T1.podcast_id ORDER BY count(*) DESC LIMIT 1	podcast_network
SELECT budget FROM team WHERE team_name = 'Tin Giants'	robot_league
SELECT budget FROM team WHERE team_name = 'Tin Giants'	robot_league
SELECT sensor FROM robot WHERE name = 'Echo'	robot_league
SELECT team_name FROM team WHERE budget BETWEEN 9400 AND 26000	robot_league
SELECT university FROM team GROUP BY university HAVING count(*) > 1	robot_league
SELECT name FROM robot	robot_league
SELECT count(*) FROM robot	robot_league
SELECT name FROM robot WHERE sensor = 'sonar'	robot_league
SELECT name FROM robot WHERE sensor = 'sonar' AND wins > 4	robot_league
SELECT name FROM robot WHERE sensor = 'sonar' AND wins > 4	robot_league
SELECT count(*) FROM duel WHERE arena = 'ice' AND seconds >= 110	robot_league
SELECT name FROM robot WHERE sensor = 'laser' OR sensor = 'sonar'	robot_league
SELECT name FROM robot WHERE name LIKE '%Thumper%'	robot_league
SELECT name FROM robot WHERE name LIKE 'A%'	robot_league
SELECT min(budget), max(budget) FROM team	robot_league
SELECT count(*), avg(wins) FROM robot WHERE sensor = 'laser'	robot_league
SELECT university, count(*) FROM team GROUP BY university HAVING count(*) > 1	robot_league
SELECT T1.name FROM robot AS T1 JOIN team AS T2 ON T1.team_id = T2.team_id WHERE T2.team_name = 'Circuit Breakers'	robot_league
SELECT count(*) FROM duel AS T1 JOIN robot AS T2 ON T1.robot_id = T2.robot_id WHERE T2.name = 'Dot'	robot_league
SELECT T1.team_name FROM team AS T1 JOIN robot AS T2 ON T1.team_id = T2.team_id WHERE T2.name = 'Blaze'	robot_league
SELECT count(*) FROM duel AS T1 JOIN robot AS T2 ON T1.robot_id = T2.robot_id JOIN team AS T3 ON T2.team_id = T3.team_id WHERE T3.team_name = 'Bolt Brigade'	robot_league
SELECT count(*) FROM duel AS T1 JOIN robot AS T2 ON T1.robot_id = T2.robot_id JOIN team AS T3 ON T2.team_id = T3.team_id WHERE T3.team_name = 'Bolt Brigade'	robot_league
SELECT T1.team_name FROM team AS T1 JOIN robot AS T2 ON T1.team_id = T2.team_id WHERE T2.sensor = 'sonar' GROUP BY T1.team_id HAVING count(*) > 1	robot_league
SELECT name FROM robot WHERE robot_id NOT IN (SELECT robot_id FROM duel)	robot_league
SELECT name FROM robot WHERE robot_id NOT IN (SELECT robot_id FROM duel WHERE arena = 'steel')	robot_league
SELECT team_name FROM team EXCEPT SELECT T1.team_name FROM team AS T1 JOIN robot AS T2 ON T1.team_id = T2.team_id WHERE T2.mass > 11	robot_league
SELECT T1.name, count(*) FROM robot AS T1 JOIN duel AS T2 ON T1.robot_id = T2.robot_id GROUP BY T1.robot_id ORDER BY count(*) DESC LIMIT 1	robot_league
SELECT T1.name, count(*) FROM robot AS T1 JOIN duel AS T2 ON T1.robot_id = T2.robot_id GROUP BY T1.robot_id ORDER BY count(*) DESC LIMIT 1	robot_league
SELECT T1.name FROM robot AS T1 JOIN team AS T2 ON T1.team_id = T2.team_id WHERE T2.team_name = 'Tin Giants' ORDER BY T1.mass ASC LIMIT 1	robot_league
SELECT T1.name FROM robot AS T1 JOIN team AS T2 ON T1.team_id = T2.team_id WHERE T2.university = 'Kyoto' ORDER BY T1.wins ASC LIMIT 1	robot_league
SELECT T1.name FROM robot AS T1 JOIN duel AS T2 ON T1.robot_id = T2.robot_id WHERE T2.arena = 'sand' INTERSECT SELECT T1.name FROM robot AS T1 JOIN duel AS T2 ON T1.robot_id = T2.robot_id WHERE T2.arena = 'ice'	robot_league
SELECT name FROM marina WHERE berths < 40	sailing_club
SELECT name FROM marina WHERE berths < 40	sailing_club
SELECT count(*) FROM race WHERE cup = 'Admiral'	sailing_club
SELECT count(*) FROM marina WHERE depth > 4	sailing_club
SELECT avg(crew) FROM boat	sailing_club
SELECT max(depth) FROM marina	sailing_club
SELECT sum(crew) FROM boat	sailing_club
SELECT DISTINCT cup FROM race	sailing_club
SELECT T1.name FROM boat AS T1 JOIN marina AS T2 ON T1.marina_id = T2.marina_id WHERE T2.bay = 'Osprey Bay'	sailing_club
SELECT T1.name FROM boat AS T1 JOIN marina AS T2 ON T1.marina_id = T2.marina_id WHERE T2.bay = 'Osprey Bay'	sailing_club
SELECT T1.name FROM boat AS T1 JOIN marina AS T2 ON T1.marina_id = T2.marina_id WHERE T2.depth > 4	sailing_club
SELECT count(*) FROM race AS T1 JOIN boat AS T2 ON T1.boat_id = T2.boat_id WHERE T2.hull = 'wooden'	sailing_club
SELECT T1.name, T2.name FROM boat AS T1 JOIN marina AS T2 ON T1.marina_id = T2.marina_id	sailing_club
SELECT T1.name, count(*) FROM marina AS T1 JOIN boat AS T2 ON T1.marina_id = T2.marina_id GROUP BY T1.marina_id	sailing_club
SELECT T1.name FROM boat AS T1 JOIN race AS T2 ON T1.boat_id = T2.boat_id GROUP BY T1.boat_id HAVING count(*) > 2	sailing_club
SELECT T1.name, avg(T2.minutes) FROM boat AS T1 JOIN race AS T2 ON T1.boat_id = T2.boat_id GROUP BY T1.boat_id	sailing_club
SELECT avg(T1.minutes) FROM race AS T1 JOIN boat AS T2 ON T1.boat_id = T2.boat_id WHERE T2.name = 'Albatross'	sailing_club
SELECT DISTINCT T1.name FROM boat AS T1 JOIN race AS T2 ON T1.boat_id = T2.boat_id WHERE T2.weather = 'sunny'	sailing_club
SELECT name, built FROM boat	sailing_club
SELECT name, hull, built FROM boat	sailing_club
SELECT count(*) FROM race AS T1 JOIN boat AS T2 ON T1.boat_id = T2.boat_id JOIN marina AS T3 ON T2.marina_id = T3.marina_id WHERE T3.name = 'South Jetty'	sailing_club
SELECT count(*) FROM race AS T1 JOIN boat AS T2 ON T1.boat_id = T2.boat_id JOIN marina AS T3 ON T2.marina_id = T3.marina_id WHERE T3.name = 'South Jetty'	sailing_club
SELECT bay FROM marina WHERE berths > 140 INTERSECT SELECT bay FROM marina WHERE berths < 65	sailing_club
SELECT name FROM marina WHERE bay = 'Heron Bay' UNION SELECT name FROM marina WHERE berths > 180	sailing_club
SELECT bay FROM marina EXCEPT SELECT bay FROM marina WHERE berths > 180	sailing_club
SELECT bay FROM marina GROUP BY bay ORDER BY count(*) DESC LIMIT 1	sailing_club
SELECT name FROM boat WHERE hull = 'fiberglass' AND crew < (SELECT avg(crew) FROM boat)	sailing_club
SELECT name FROM boat WHERE hull = 'fiberglass' AND crew < (SELECT avg(crew) FROM boat)	sailing_club
SELECT T1.name FROM boat AS T1 JOIN marina AS T2 ON T1.marina_id = T2.marina_id WHERE T2.name = 'Blue Anchor' AND T1.crew > (SELECT avg(crew) FROM boat)	sailing_club
SELECT T1.name FROM boat AS T1 JOIN race AS T2 ON T1.boat_id = T2.boat_id GROUP BY T1.boat_id ORDER BY avg(T2.minutes) DESC LIMIT 1	sailing_club
SELECT count(*) FROM marina WHERE marina_id NOT IN (SELECT marina_id FROM boat)	sailing_club
SELECT count(DISTINCT species) FROM pet	vet_clinic
SELECT count(DISTINCT species) FROM pet	vet_clinic
SELECT name FROM vet ORDER BY salary ASC	vet_clinic
SELECT name FROM vet ORDER BY name ASC	vet_clinic
SELECT weight FROM pet WHERE name = 'Thistle'	vet_clinic
SELECT species FROM pet WHERE name = 'Ginger'	vet_clinic
SELECT name FROM vet WHERE joined BETWEEN 2010 AND 2020	vet_clinic
SELECT weekday FROM checkup GROUP BY weekday HAVING count(*) > 2	vet_clinic
SELECT name, weight FROM pet WHERE species = 'hamster'	vet_clinic
SELECT name, weight FROM pet WHERE species = 'hamster'	vet_clinic
SELECT name FROM vet ORDER BY salary ASC LIMIT 1	vet_clinic
SELECT reason FROM checkup ORDER BY charge ASC LIMIT 1	vet_clinic
SELECT name FROM pet ORDER BY weight ASC LIMIT 2	vet_clinic
SELECT weekday, count(*) FROM checkup GROUP BY weekday	vet_clinic
SELECT species, avg(weight) FROM pet GROUP BY species	vet_clinic
SELECT species, min(weight) FROM pet GROUP BY species	vet_clinic
SELECT name FROM vet WHERE degree_from = 'Utrecht' AND joined < 2015	vet_clinic
SELECT count(*) FROM pet WHERE species = 'dog' AND age > 8	vet_clinic
SELECT name FROM pet WHERE species = 'rabbit' OR species = 'cat'	vet_clinic
SELECT name FROM pet WHERE name LIKE '%Midnight%'	vet_clinic
SELECT degree_from FROM vet GROUP BY degree_from ORDER BY avg(salary) DESC LIMIT 1	vet_clinic
SELECT degree_from FROM vet GROUP BY degree_from ORDER BY avg(salary) DESC LIMIT 1	vet_clinic
SELECT name FROM vet WHERE degree_from = 'Bristol' ORDER BY joined DESC LIMIT 1	vet_clinic
SELECT T1.name FROM pet AS T1 JOIN checkup AS T2 ON T1.pet_id = T2.pet_id ORDER BY T2.charge DESC LIMIT 1	vet_clinic
SELECT T1.name FROM vet AS T1 JOIN pet AS T2 ON T1.vet_id = T2.vet_id WHERE T2.species = 'cat' GROUP BY T1.vet_id HAVING count(*) = 1	vet_clinic
SELECT count(*) FROM checkup AS T1 JOIN pet AS T2 ON T1.pet_id = T2.pet_id JOIN vet AS T3 ON T2.vet_id = T3.vet_id WHERE T3.name = 'Boyd Carter'	vet_clinic
SELECT T1.name FROM pet AS T1 JOIN checkup AS T2 ON T1.pet_id = T2.pet_id GROUP BY T1.pet_id ORDER BY count(*) DESC LIMIT 1	vet_clinic
SELECT T1.name FROM pet AS T1 JOIN checkup AS T2 ON T1.pet_id = T2.pet_id GROUP BY T1.pet_id ORDER BY count(*) DESC LIMIT 1	vet_clinic
SELECT T1.name, count(*) FROM vet AS T1 JOIN pet AS T2 ON T1.vet_id = T2.vet_id GROUP BY T1.vet_id ORDER BY count(*) DESC LIMIT 1	vet_clinic
SELECT T1.name FROM pet AS T1 JOIN vet AS T2 ON T1.vet_id = T2.vet_id WHERE T2.name = 'Amelia Ross' ORDER BY T1.age DESC LIMIT 1	vet_clinic
SELECT T1.name FROM pet AS T1 JOIN vet AS T2 ON T1.vet_id = T2.vet_id WHERE T2.degree_from = 'Utrecht' ORDER BY T1.weight ASC LIMIT 1	vet_clinic
